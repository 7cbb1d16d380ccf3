package io.proxykeys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.maven.artifact.versioning.ComparableVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * The versions that {@code pom.xml} fixes although Quarkus has its own. Maven names the file that has those; started otherwise, this is
 * skipped.
 */
@EnabledIfSystemProperty(named = "platform.bom", matches = ".+")
class PinnedVersionsTest {

    @Test
    void aLibraryIsPinnedOnlyWhileItIsNewerThanThePlatforms() throws Exception {
        Map<String, String> platform = managed(new File(System.getProperty("platform.bom")));
        List<String> outdated = new ArrayList<>();
        Map<String, String> pinned = managed(new File("pom.xml"));
        pinned.keySet().retainAll(platform.keySet());
        pinned.forEach((library, version) -> {
            if (new ComparableVersion(version).compareTo(new ComparableVersion(platform.get(library))) <= 0) {
                outdated.add(library + ":" + version + ", Quarkus has " + platform.get(library));
            }
        });
        assertFalse(pinned.isEmpty(), "nothing is pinned any more: remove this test");
        assertEquals(List.of(), outdated, "remove from dependencyManagement in pom.xml");
    }

    /** Versions by {@code group:artifact} from the file's dependencyManagement, properties of the file resolved. */
    private static Map<String, String> managed(File pom) throws Exception {
        Element project = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom).getDocumentElement();
        Map<String, String> properties = new HashMap<>();
        children(project).stream().filter(child -> child.getTagName().equals("properties")).flatMap(all -> children(all).stream())
                .forEach(property -> properties.put("${" + property.getTagName() + "}", property.getTextContent()));
        Map<String, String> versions = new HashMap<>();
        for (Element library : children(only(only(project, "dependencyManagement"), "dependencies"))) {
            String version = only(library, "version").getTextContent();
            versions.putIfAbsent(only(library, "groupId").getTextContent() + ":" + only(library, "artifactId").getTextContent(),
                    properties.getOrDefault(version, version));
        }
        return versions;
    }

    private static Element only(Element parent, String name) {
        return children(parent).stream().filter(child -> child.getTagName().equals(name)).findFirst().orElseThrow();
    }

    private static List<Element> children(Element parent) {
        List<Element> children = new ArrayList<>();
        NodeList nodes = parent.getChildNodes();
        for (int i = 0; i < nodes.getLength(); i++) {
            if (nodes.item(i).getNodeType() == Node.ELEMENT_NODE) {
                children.add((Element) nodes.item(i));
            }
        }
        return children;
    }
}
