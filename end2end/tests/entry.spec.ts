// Signing up, in and out.
import { expect, newUser, test } from "../support/fixture";
import { errorOf, expectGood, fillNewAccount, fillSignIn, password, signIn, signOut, signUp } from "../support/portal";

test("a new person signs up, signs out, and signs in again", async ({ page, user }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/auth\/login$/);
  await expect(page).toHaveTitle(/^Sign in · AuthTuna$/);
  await expectGood(page, "login");

  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(page.getByRole("heading", { name: "Create your AuthTuna account" })).toBeVisible();
  await expectGood(page, "signup");
  await fillNewAccount(page, user);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();

  await signOut(page);
  await expectGood(page, "signed-out");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await fillSignIn(page, user.email, user.password);
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
});

test("the session cookie is out of reach of scripts and other sites", async ({ page, user }) => {
  await signUp(page, user);
  const cookies = await page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === "__Host-session_token");
  expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax", path: "/" });
  expect(cookies.filter((cookie) => !cookie.httpOnly)).toEqual([]);
});

test("sign-up says beside each field what is wrong, and keeps what was typed", async ({ page, problems }) => {
  problems.allow(/status of 422/);
  await page.goto("/auth/signup");
  await page.getByLabel("Username").fill("-");
  await page.getByLabel("E-mail").fill("nobody");
  await password(page).fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(errorOf(page, "username")).toContainText("Use 2 or more letters");
  await expect(errorOf(page, "email")).toContainText("It looks like name@example.com");
  await expect(errorOf(page, "password")).toContainText("Use at least");
  await expect(page.getByLabel("Username")).toHaveValue("-");
  await expect(page.getByLabel("E-mail")).toHaveValue("nobody");
  await expect(page.getByLabel("Username")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Username")).toBeFocused();
  await expect(page).toHaveURL(/\/auth\/signup$/);
  await expectGood(page, "signup-errors");
});

test("nothing filled in is said field by field", async ({ page, problems }) => {
  problems.allow(/status of 422/);
  await page.goto("/auth/login");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(errorOf(page, "identifier")).toHaveText("Enter your username or e-mail address.");
  await expect(errorOf(page, "password")).toHaveText("Enter a password.");
});

test("a taken username is said before anything is made", async ({ page, otherBrowser, problems, user }) => {
  problems.allow(/status of 409|status of 422/);
  await signUp(page, user);
  const other = await otherBrowser();
  await other.goto("/auth/signup");
  await fillNewAccount(other, { ...newUser(), username: user.username.toUpperCase() });
  await other.getByRole("button", { name: "Create account" }).click();
  await expect(errorOf(other, "username")).toContainText("That username is taken");
});

test("a wrong password and an unknown name get the same answer", async ({ page, problems, otherBrowser, user }) => {
  problems.allow(/status of 401/);
  const owner = await otherBrowser();
  await signUp(owner, user);

  await page.goto("/auth/login");
  const said: (string | null)[] = [];
  for (const identifier of [user.username, newUser().username]) {
    await fillSignIn(page, identifier, "not the password");
    await expect(errorOf(page, "password")).toHaveText("That username and password don't match.");
    await expect(page.getByLabel("Username or e-mail")).toHaveValue(identifier);
    said.push(await page.locator("main").textContent());
  }
  expect(said[0]).toBe(said[1]);
  await expectGood(page, "login-error");
});

test("too many wrong passwords close the door, but not for the browser that knows its way in", async ({ page, problems, otherBrowser, user }) => {
  problems.allow(/status of 401|status of 429/);
  await signUp(page, user);
  const stranger = await otherBrowser();
  await stranger.goto("/auth/login");
  for (let tries = 0; tries < 5; tries += 1) {
    await fillSignIn(stranger, user.username, `guess ${tries}`);
    await expect(errorOf(stranger, "password")).not.toBeEmpty();
  }
  await fillSignIn(stranger, user.username, user.password);
  await expect(stranger.getByRole("alert").filter({ hasText: "Too many tries. Try again in 30 minutes." })).toBeVisible();
  await expectGood(stranger, "login-locked");

  await signOut(page);
  await signIn(page, user);
});

test("after sign-in one lands where one was going", async ({ page, user }) => {
  await signUp(page, user);
  await signOut(page);
  await page.goto("/ui/activity?after=999999");
  await expect(page).toHaveURL(/\/auth\/login\?next=/);
  // The destination survives a detour to the sign-up page.
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(page, user.username, user.password);
  await expect(page).toHaveURL(/\/ui\/activity\?after=999999$/);
  // A signed-in user does not see the sign-in page.
  await page.goto("/auth/login?next=/ui/profile");
  await expect(page).toHaveURL(/\/ui\/profile$/);
});

for (const evil of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]) {
  test(`sign-in does not lead to ${evil}`, async ({ page, user, otherBrowser }) => {
    await signUp(await otherBrowser(), user);
    await page.goto(`/auth/login?next=${encodeURIComponent(evil)}`);
    await fillSignIn(page, user.username, user.password);
    await expect(page).toHaveURL(/^http:\/\/localhost:\d+\/ui\/dashboard$/);
  });
}

test("colors are chosen, at once and for later", async ({ page }) => {
  await page.goto("/auth/login");
  const html = page.locator("html");
  await expect(html).toHaveAttribute("data-theme", "system");
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(html).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect.poll(async () => (await page.context().cookies()).find(({ name }) => name === "theme")?.value).toBe("dark");
  await page.goto("/auth/signup");
  await expect(html).toHaveAttribute("data-theme", "dark");
  expect(await page.locator("body").evaluate((body) => getComputedStyle(body).colorScheme)).toBe("dark");
});

test("a password can be looked at, and is judged while it is typed", async ({ page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "both need scripts; without them the button is not there");
  await page.goto("/auth/signup");
  const field = password(page);
  await field.fill("password1");
  await expect(page.getByText("Very weak.")).toBeVisible();
  await page.getByRole("button", { name: "Show password" }).click();
  await expect(field).toHaveAttribute("type", "text");
  await field.fill("seven quiet tunas under green lamps");
  await expect(page.getByText("Strong. This one is hard to guess.")).toBeVisible();
  await expectGood(page, "signup-strength");
});

test("what was typed before the script came is judged too", async ({ page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false);
  let arrive = () => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/auth/signup", { waitUntil: "domcontentloaded" });
  await password(page).fill("password1");
  arrive();
  await expect(page.getByText("Very weak.")).toBeVisible();
});

test("without scripts nothing is shown that needs them", async ({ page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled !== false);
  await page.goto("/auth/login");
  await expect(page.getByRole("button", { name: "Show password" })).toHaveCount(0);
});

test("a server that can't be reached is said, and nothing typed is lost", async ({ page, problems, user, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts the browser says it itself");
  problems.allow(/net::ERR_/);
  await page.goto("/auth/login");
  // Wait for the script: without it, the browser submits the form itself.
  await expect(page.getByRole("button", { name: "Show password" })).toBeVisible();
  await page.route("**/api/sign-in", (route) => route.abort("connectionrefused"));
  await fillSignIn(page, user.username, user.password);
  await expect(page.getByText("We couldn't reach the server.")).toBeVisible();
  await expect(password(page)).toHaveValue(user.password);
  await expectGood(page, "login-unreachable");
});

test("the keyboard is enough to sign in", async ({ page, user, otherBrowser }) => {
  await signUp(await otherBrowser(), user);
  await page.goto("/auth/login");
  await expect(page.getByLabel("Username or e-mail")).toBeFocused();
  await page.keyboard.type(user.username);
  await page.keyboard.press("Tab");
  await expect(password(page)).toBeFocused();
  await page.keyboard.type(user.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
});
