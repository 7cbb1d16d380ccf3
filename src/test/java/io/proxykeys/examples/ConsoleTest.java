package io.proxykeys.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.proxykeys.harness.Accounts;
import io.proxykeys.harness.Api;
import io.proxykeys.harness.ApiFront;
import io.proxykeys.harness.ApiFront.Fault;
import io.proxykeys.harness.Browser;
import io.proxykeys.harness.Harness;
import io.proxykeys.harness.Issuer;
import io.proxykeys.harness.Postgres;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** {@code src/examples/console.html} in a real browser, with the API at another origin. */
@QuarkusTest
@WithTestResource(Harness.class)
class ConsoleTest {

    private static Optional<Browser> started = Optional.empty();
    private static HttpServer pages;
    private static ApiFront front;

    private final String account = Accounts.open("250");
    private Browser browser;

    @BeforeAll
    static void start() throws IOException {
        started = Browser.start();
        pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        pages.createContext("/", exchange -> {
            try (exchange) {
                byte[] page = Files.readAllBytes(Path.of("src/examples/console.html"));
                exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
            }
        });
        pages.start();
        front = new ApiFront(origin());
    }

    @AfterAll
    static void stop() {
        started.ifPresent(Browser::close);
        front.close();
        pages.stop(0);
    }

    @BeforeEach
    void open() {
        Assumptions.assumeTrue(started.isPresent(), "no browser");
        browser = started.get();
        browser.window(1280, 1600, false);
        browser.open("about:blank");
        browser.open(origin() + "/console.html");
    }

    @AfterEach
    void nothingIsWrongWithThePage() {
        front.fault(Fault.NONE, "", 0);
        assertEquals(List.of(), started.stream().flatMap(one -> one.console().stream())
                .filter(line -> line.contains("Content Security Policy") || line.contains("Uncaught")).toList());
    }

    @Test
    void theWholeWay() {
        Accounts.createFiveKeys(account);
        picture("empty");
        show(Issuer.shared().token(account));

        // Review.
        browser.awaitText("#preview", "This deletes 5 keys and returns 174.50 credits.");
        assertEquals(List.of("disabled", "expired", "fully used", "partly used", "unused"), names());
        picture("full");
        browser.button("#keys thead", "Credits left").click();
        assertEquals("fully used", names().get(0));
        browser.button("#keys thead", "Credits left").click();
        assertEquals("partly used", names().get(0));
        assertEquals("descending", browser.find("#keys th[data-sort=unused]").getDomAttribute("aria-sort"));
        browser.type("#find", "used");
        assertEquals(Set.of("fully used", "partly used", "unused"), Set.copyOf(names()));
        browser.find("#find").sendKeys(Keys.chord(Keys.CONTROL, "a"), Keys.DELETE);
        browser.find("#state option:nth-child(4)").click();
        assertEquals(List.of("expired"), names());
        browser.find("#state option:nth-child(1)").click();
        browser.find("input[value=expired]").click();
        browser.awaitText("#preview", "This deletes 1 key and returns 40.00 credits.");
        browser.find("input[name=status][value='']").click();
        browser.awaitText("#preview", "This deletes 5 keys");

        // Back up.
        browser.find("#backup").click();
        done("The settings of 5 keys are in the file");
        assertEquals(5, Api.json(browser.download("proxy-keys-backup-")).size());

        // One key.
        browser.button("#keys", "Disable unused").click();
        done("\"unused\" is disabled.");
        assertFalse(Postgres.shared().one(Boolean.class, "SELECT is_active FROM proxy_key WHERE account_id = ? AND name = 'unused'",
                account));
        browser.button("#keys", "Delete unused").click();
        browser.button("#keys", "Keep unused").click();
        browser.button("#keys", "Delete unused").click();
        browser.button("#keys", "Delete unused for good").click();
        done("\"unused\" is deleted. 50.00 credits are back; the balance is 50.00.");
        assertEquals(4, Accounts.keys(account));

        // All of them.
        assertFalse(browser.find("#delete-now").isEnabled());
        browser.type("#confirm", "delete");
        assertFalse(browser.find("#delete-now").isEnabled());
        browser.type("#confirm", "DELETE");
        assertEquals("Delete 4 keys now", browser.find("#delete-now").getText());
        browser.find("#delete-now").click();
        done("4 keys deleted: none of them works any more. 124.50 credits are back; the balance is 174.50.");
        assertEquals(0, Accounts.keys(account));
        browser.awaitText("#keys-caption", "You have no keys.");
        assertFalse(browser.find("#delete-now").isEnabled(), "confirmed once, and not for ever");
        assertEquals("Delete", browser.find("#delete-now").getText());
        assertFalse(browser.find("#keys thead").isDisplayed(), "a header over nothing");

        // And back.
        assertEquals(2, browser.all("#receipts tbody tr").size());
        browser.all("#receipts tbody tr").get(0).findElements(By.tagName("button")).get(2).click();
        assertEquals(4, Api.json(browser.download("receipt-")).get("keys").size());
        recreateTheNewest();
        done("2 keys recreated with 84.50 credits, 2 skipped");
        JsonNode secrets = downloadedSecrets();
        assertEquals(2, Accounts.keys(account));
        for (JsonNode key : secrets) {
            assertEquals(1L, Postgres.shared().one(Long.class, "SELECT count(*) FROM proxy_key WHERE secret_hash = sha256(?::bytea)", key
                    .get(
                            "key").textValue()));
            assertTrue(browser.find("#secrets").getText().contains(key.get("key").textValue()));
        }
        browser.run("scrollTo(0, 0)");
        picture("after");
        recreateTheNewest();
        browser.awaitText("#problem", "These keys were recreated already");
    }

    @ParameterizedTest
    @CsvSource({ "390,false", "390,true", "1280,false", "1280,true" })
    void itFitsAPhoneAndADeskInLightAndDark(int width, boolean dark) {
        Accounts.createFiveKeys(account);
        Postgres.shared().execute("UPDATE proxy_key SET name = repeat('m', 25) WHERE account_id = ? AND name = 'disabled'", account);
        Api.remove(account, Postgres.shared().one(String.class, "SELECT id FROM proxy_key WHERE account_id = ? AND name = 'expired'",
                account)).then().statusCode(200);
        browser.window(width, 844, dark);
        show(Issuer.shared().token(account));

        assertEquals(List.of(), browser.run("""
                return [...document.querySelectorAll("h1, h2, p, label, input, select, button, td, caption, code")]
                  .filter(each => each.offsetParent && (each.getBoundingClientRect().left < 0
                          || each.getBoundingClientRect().right > innerWidth))
                  .map(each => each.outerHTML)"""), "beyond the edge");
        assertEquals((long) width, browser.run("return Math.max(innerWidth, document.documentElement.scrollWidth)"));
        browser.button("#keys", "Disable unused").click();
        done("\"unused\" is disabled.");
        browser.awaitIdle();
        assertEquals(true, browser.run("""
                const there = document.getElementById("done").getBoundingClientRect();
                return there.top >= 0 && there.bottom <= innerHeight"""), "where the person cannot see it");
        picture(width + (dark ? "-dark" : "-light"));
    }

    @Test
    void everythingIsDoneByKeyboardAndTheFocusIsNeverLost() {
        Accounts.createFiveKeys(account);
        browser.type("#address", front.address());
        browser.press(Keys.TAB);
        browser.press(Issuer.shared().token(account));
        browser.press(Keys.TAB);
        assertEquals("Show my keys", browser.focused());
        browser.press(Keys.ENTER);
        browser.awaitText("#preview", "This deletes 5 keys");
        browser.awaitIdle();

        tabTo("Disable unused");
        browser.press(Keys.ENTER);
        done("\"unused\" is disabled.");
        assertEquals("Enable unused", browser.focused());
        tabTo("Delete unused");
        browser.press(Keys.ENTER);
        assertEquals("Delete unused for good", browser.focused());
        browser.press(Keys.ESCAPE);
        assertEquals("Delete unused", browser.focused());
        browser.press(Keys.ENTER);
        browser.press(Keys.ENTER);
        done("\"unused\" is deleted.");
        browser.awaitIdle();
        assertEquals("Keys", browser.focused());
        assertEquals(4, Accounts.keys(account));

        browser.find("#find").sendKeys(Keys.chord(Keys.SHIFT, Keys.TAB));
        tabTo("Read again");
        browser.press(Keys.ENTER);
        browser.awaitIdle();
        assertEquals("Read again", browser.focused());
        browser.type("#confirm", "DELETE", Keys.ENTER);
        done("4 keys deleted");
        browser.awaitIdle();
        assertEquals("To delete, type DELETE", browser.focused());
    }

    @Test
    void secretsStayUntilTheyAreClearedWhateverElseIsRecreated() {
        for (String name : List.of("first", "second")) {
            Api.remove(account, Accounts.createKey(account, name, "10")).then().statusCode(200);
        }
        show(Issuer.shared().token(account));
        for (int i = 0; i < 2; i++) {
            browser.all("#receipts tbody tr").get(i).findElement(By.cssSelector("td.actions button")).click();
            done("1 key recreated");
            browser.awaitIdle();
        }

        assertEquals(2, browser.all("#secrets tbody tr").size());
        assertEquals("2 keys, not downloaded yet", browser.find("#secrets caption").getText());
        assertTrue(browser.asksBeforeLeaving());
        show(Issuer.shared().token(Accounts.open("1")));
        assertEquals(2, browser.all("#secrets tbody tr").size(), "shown with another token");
        browser.find("#clear-secrets").click();
        assertEquals(2, browser.all("#secrets tbody tr").size(), "cleared without a question");
        assertEquals(2, downloadedSecrets().size());
        browser.find("#clear-secrets").click();
        assertFalse(browser.find("#secrets").isDisplayed());
        assertFalse(browser.asksBeforeLeaving());
    }

    @Test
    void keysWhoseNamesBeginAlikeAreSuspendedAndDeleted() {
        Accounts.createKey(account, "a&b=% one", "10");
        Accounts.createKey(account, "a&b=% two", "20");
        Accounts.createKey(account, "other", "30");
        show(Issuer.shared().token(account));
        browser.awaitText("#preview", "This deletes 3 keys");

        browser.type("#prefix", "a&b=% ");
        assertEquals("", browser.find("#preview").getText(), "what was previewed is not what would be deleted now");
        browser.type("#confirm", "DELETE");
        browser.awaitText("#preview", "This deletes 2 keys and returns 30.00 credits.");
        browser.find("#suspend-now").click();
        done("2 keys suspended");
        assertEquals("Delete 2 keys now", browser.find("#delete-now").getText());
        browser.find("#delete-now").click();

        done("2 keys deleted: none of them works any more. 30.00 credits are back");
        assertEquals(List.of("other"), names());
    }

    @Test
    void keysAreSuspendedAndResumed() {
        Accounts.createFiveKeys(account);
        show(Issuer.shared().token(account));
        assertTrue(browser.find("#who").getText().contains("Balance: 0.00 credits."), browser.find("#who").getText());

        browser.find("#suspend-now").click();
        done("4 keys suspended: none of them works. Resume them below.");
        assertEquals(0L, active());
        assertEquals(Set.of("suspended", "disabled", "expired"), Set.copyOf(states()));
        picture("suspended");
        browser.find("input[value=suspended]").click();
        browser.awaitText("#preview", "This deletes 4 keys");
        browser.awaitIdle();

        browser.find("#suspensions td.actions button").click();
        done("4 keys resumed.");
        assertEquals(4L, active());
        assertFalse(browser.find("#suspensions-section").isDisplayed());
    }

    @Test
    void aKeyGetsANewSecretWhileTheOldOneWorksForAnHour() {
        String key = Accounts.createKey(account, "rotated", "10");
        show(Issuer.shared().token(account));

        browser.button("#keys", "New secret for rotated").click();
        browser.press(Keys.ESCAPE);
        assertEquals("New secret for rotated", browser.focused());
        browser.press(Keys.ENTER);
        browser.press(Keys.ARROW_DOWN);
        browser.button("#keys", "Make a new secret for rotated").click();
        done("\"rotated\" has a new secret, which is shown above. The old one works until ");

        assertEquals(key, browser.all("#secrets tbody code").get(1).getText());
        assertEquals("Download the new secrets", browser.focused());
        String secret = browser.all("#secrets tbody code").get(0).getText();
        browser.find("#keep-secrets").click();
        assertEquals(1L, Postgres.shared().one(Long.class, "SELECT count(*) FROM proxy_key WHERE secret_hash = sha256(?::bytea) AND id = ?",
                secret, key));
        Postgres.shared().one(BigDecimal.class, "SELECT spend_credits(sha256(?::bytea), 1)", Accounts.secret(account, "rotated"));
    }

    @ParameterizedTest
    @CsvSource({ "api.example.com,The address needs https:// before it", "http://api.example.com,would be sent in clear",
            "ftp://localhost,would be sent in clear", "https://[,This is no address", "'',The address needs https:// before it" })
    void anAddressThatWouldTakeTheTokenElsewhereIsToldAsSuch(String address, String said) {
        browser.type("#address", address);
        browser.type("#token", "made-up", Keys.ENTER);

        browser.awaitText("#problem", said);
    }

    @Test
    void amountsAreExactAndNamesAreText() {
        Postgres.shared().execute("UPDATE account SET balance = 20000000000000.000009 WHERE id = ?", account);
        Api.create(account, "<img src=x onerror=x>", "12345678901234.567891").then().statusCode(200);

        show(Issuer.shared().token(account));

        browser.awaitText("#preview", "returns 12,345,678,901,234.567891 credits");
        assertEquals(List.of("<img src=x onerror=x>"), names());
        assertEquals(0, browser.all("img").size());
        browser.type("#confirm", "DELETE", Keys.ENTER);
        done("the balance is 20,000,000,000,000.000009.");
    }

    @Test
    void aLostAnswerIsAskedForAgainWithTheSameKeyUntilItIsKnown() {
        Accounts.createFiveKeys(account);
        show(Issuer.shared().token(account));
        front.fault(Fault.BROKEN_AFTER, "DELETE", 2);

        browser.type("#confirm", "DELETE", Keys.ENTER);

        browser.awaitText("#problem", "It is not known whether it happened");
        done("5 keys deleted");
        assertEquals(1, Accounts.receipts(account));
        List<String> deletions = front.requests().stream().filter(request -> request.startsWith("DELETE")).toList();
        assertTrue(deletions.size() >= 3, deletions.toString());
        assertEquals(1, deletions.subList(deletions.size() - 3, deletions.size()).stream().distinct().count(), deletions.toString());
    }

    @Test
    void aBrokenNetworkIsSaidAndRepeatingCanBeStopped() {
        Accounts.createFiveKeys(account);
        show(Issuer.shared().token(account));
        front.fault(Fault.BROKEN_BEFORE, "DELETE", 1000);

        browser.type("#confirm", "DELETE", Keys.ENTER);
        browser.awaitText("#problem", "Refused or unreachable: check the token, the address and your network.");
        browser.find("#give-up").click();

        browser.awaitText("#problem", "Stopped. It is not known whether it happened");
        assertEquals(5, Accounts.keys(account));
    }

    @Test
    void aRefusalOfTheGatewaysOwnThatThePageMayNotRead() {
        front.fault(Fault.REFUSED_BY_GATEWAY, "GET", 1);

        show(Issuer.shared().token(account), "#problem", "Refused or unreachable: check the token");

        assertFalse(browser.find("#account").isDisplayed());
    }

    @Test
    void refusalsAreSaidWithWhatToDo() {
        show("no token", "#problem", "The access token is not valid here, or has expired. Get a new one");
        show(Issuer.shared().token(account, "openid"), "#problem",
                "Get one with the scope that is missing: The access token lacks the scope proxy_keys:read.");
        browser.type("#address", front.address() + "/prod");
        browser.find("#connect button").click();
        browser.awaitText("#problem", "This address has no such service.");

        Accounts.createFiveKeys(account);
        show(Issuer.shared().token(account, "proxy_keys:read"));
        browser.type("#confirm", "DELETE", Keys.ENTER);
        browser.awaitText("#problem", "lacks the scope proxy_keys:delete");
        assertEquals(5, Accounts.keys(account));

        show(Issuer.shared().token(account));
        Api.remove(account, Postgres.shared().one(String.class, "SELECT id FROM proxy_key WHERE account_id = ? AND name = 'unused'",
                account));
        browser.button("#keys", "Disable unused").click();
        browser.awaitText("#problem", "This key is gone already.");
        Accounts.block(account, 600);
        browser.find("#refresh").click();
        browser.awaitText("#keys-caption", "4 keys");
        recreateTheNewest();
        browser.awaitText("#problem", "After a revocation no key can be made, enabled or resumed");
    }

    @Test
    void aBlockKeepsNewKeysFromBeingMade() {
        Accounts.createFiveKeys(account);
        show(Issuer.shared().token(account));
        browser.find("#block").click();
        browser.find("input[value=expired]").click();
        browser.awaitText("#preview", "This deletes 1 key");

        browser.type("#confirm", "DELETE", Keys.ENTER);

        done("1 key deleted");
        Api.create(account, "key", "1").then().statusCode(409);
    }

    /** Presses the first button of the newest receipt, when the page listens, and not behind the messages. */
    private void recreateTheNewest() {
        browser.awaitIdle();
        WebElement button = browser.all("#receipts tbody tr td.actions button").get(0);
        browser.run("arguments[0].scrollIntoView({block: 'center'})", button);
        button.click();
    }

    /** Waits until this is said, and the list was read again. */
    private void done(String said) {
        browser.awaitText("#done", said);
        browser.awaitIdle();
    }

    private void tabTo(String name) {
        for (int i = 0; i < 100 && !browser.focused().equals(name); i++) {
            browser.press(Keys.TAB);
        }
        assertEquals(name, browser.focused());
    }

    /** For the documents, and to be looked at, into the folder of {@code -Dconsole.pictures}. */
    private void picture(String name) {
        if (System.getProperty("console.pictures") != null) {
            browser.screenshot(Path.of(System.getProperty("console.pictures"), name + ".png"));
        }
    }

    private JsonNode downloadedSecrets() {
        browser.find("#keep-secrets").click();
        return Api.json(browser.download("proxy-keys-new-"));
    }

    private void show(String token) {
        show(token, "#preview", ".");
        assertTrue(browser.find("#account").isDisplayed());
    }

    private void show(String token, String where, String said) {
        browser.type("#address", front.address());
        browser.type("#token", token, Keys.ENTER);
        browser.awaitText(where, said);
    }

    private List<String> names() {
        return browser.all("#keys tbody tr td:first-child").stream().map(WebElement::getText).collect(Collectors.toList());
    }

    private List<String> states() {
        return browser.all("#keys tbody tr td:nth-child(2)").stream().map(WebElement::getText).toList();
    }

    private long active() {
        return Postgres.shared().one(Long.class, "SELECT count(*) FROM proxy_key WHERE account_id = ? AND is_active", account);
    }

    private static String origin() {
        return "http://localhost:" + pages.getAddress().getPort();
    }
}
