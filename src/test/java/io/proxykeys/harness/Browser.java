package io.proxykeys.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The Chromium of the machine, without a window. */
public final class Browser implements AutoCloseable {

    private static final List<String> BROWSERS = List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
    private static final List<String> DRIVERS = List.of("/usr/bin/chromedriver", "/usr/lib/chromium-browser/chromedriver");

    private final ChromeDriver driver;
    private final Path downloads;

    private Browser(String binary, String driverBinary, String... arguments) {
        try {
            downloads = Files.createTempDirectory("downloads");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(binary);
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1600", "--lang=en");
        options.addArguments(arguments);
        options.setExperimentalOption("prefs", Map.of("download.default_directory", downloads.toString()));
        ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(Path.of(driverBinary).toFile()).build();
        driver = new ChromeDriver(service, options);
    }

    /** Starts one; empty, and loudly so, if the machine has none. */
    public static Optional<Browser> start(String... arguments) {
        Optional<String> binary = first(BROWSERS);
        Optional<String> driver = first(DRIVERS);
        if (binary.isEmpty() || driver.isEmpty()) {
            System.err.println("""

                    ################################################################################
                    #  NO CHROMIUM OR NO CHROMEDRIVER: THE PAGE OF THE EXAMPLES WAS NOT TESTED.    #
                    #  Debian has both: apt-get install chromium chromium-driver                   #
                    ################################################################################
                    """);
            return Optional.empty();
        }
        return Optional.of(new Browser(binary.get(), driver.get(), arguments));
    }

    private static Optional<String> first(List<String> candidates) {
        return candidates.stream().filter(file -> Files.isExecutable(Path.of(file))).findFirst();
    }

    public void open(String address) {
        driver.get(address);
    }

    /** A window of this width, such as that of a phone, in light or dark colours. */
    public void window(int width, int height, boolean dark) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
        driver.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    /** Presses keys where the focus is. */
    public void press(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    /** What has the focus: its name for a screen reader, or its text. */
    public String focused() {
        WebElement element = driver.switchTo().activeElement();
        return element.getTagName().equals("body") ? "" : element.getAccessibleName().isEmpty() ? element.getText() : element
                .getAccessibleName();
    }

    /** Waits up to 20 seconds until the page has done what it was told to. */
    public void awaitIdle() {
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(50)).until(() -> all("body[aria-busy]").isEmpty());
    }

    /** Whether the page wants the browser to ask before it is left. (What the browser asks, its driver answers alone.) */
    public boolean asksBeforeLeaving() {
        return (boolean) driver.executeScript("""
                const leaving = new Event("beforeunload", {cancelable: true});
                dispatchEvent(leaving);
                return leaving.defaultPrevented;""");
    }

    /** The first element that this selector of CSS fits. */
    public WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    public List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    /** The button with this text, or this name for a screen reader, within an element. */
    public WebElement button(String selector, String name) {
        return all(selector + " button").stream().filter(button -> name.equals(button.getAccessibleName())).findFirst()
                .orElseThrow(() -> new AssertionError("no button " + name));
    }

    public void type(String selector, CharSequence... text) {
        find(selector).clear();
        find(selector).sendKeys(text);
    }

    /** Waits up to 20 seconds until an element says this. */
    public void awaitText(String selector, String part) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> {
                    String text = find(selector).getText();
                    if (!text.contains(part)) {
                        throw new AssertionError(selector + " says: " + text + "; wanted: " + part);
                    }
                });
    }

    /** Waits up to 20 seconds for a file whose name begins like this, and reads it. */
    public String download(String beginning) {
        return Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            try (Stream<Path> files = Files.list(downloads)) {
                Optional<Path> file = files.filter(each -> each.getFileName().toString().startsWith(beginning)
                        && each.getFileName().toString().endsWith(".json")).findFirst();
                return file.isEmpty() ? null : Files.readString(file.get());
            }
        }, content -> content != null && !content.isEmpty());
    }

    /** What the page's own console has, from warnings on. */
    public List<String> console() {
        return driver.manage().logs().get("browser").getAll().stream().map(entry -> entry.getLevel() + " " + entry.getMessage()).toList();
    }

    public Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** Writes what is to be seen into a PNG file. */
    public void screenshot(Path file) {
        try {
            Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
