// Passkeys, with Chromium's virtual authenticators.
import type { Page } from "@playwright/test";

import { expect, screenshots, test, type User } from "../support/fixture";
import { codeOf, mailServer } from "../support/mail";
import { Authenticator, type Conduct } from "../support/passkey";
import { errorOf, expectGood, fillSignIn, password, signOut, signUp } from "../support/portal";

const FIRST = { codes: true };

/** Adds a passkey for the signed-in user. The first one comes with backup codes. */
async function addPasskey(page: Page, name: string, { codes } = { codes: false }): Promise<void> {
  await page.goto("/ui/settings");
  await page.getByRole("link", { name: "Add a passkey" }).click();
  await expect(page.getByRole("heading", { name: "Add a passkey" })).toBeVisible();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create passkey" }).click();
  if (codes) {
    await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
    await page.getByRole("button", { name: "I have saved them" }).click();
  }
  await expect(page).toHaveURL(/\/ui\/settings$/);
  await expect(page.getByRole("heading", { name })).toBeVisible();
}

/** Creates a user with a password and a passkey, and signs out. */
async function withPasskey(page: Page, user: User, conduct: Conduct = {}): Promise<Authenticator> {
  const device = await Authenticator.plugInto(page, conduct);
  await signUp(page, user);
  await addPasskey(page, "My laptop", FIRST);
  await signOut(page);
  return device;
}

/**
 * Turns suggestions off, for tests of the button: Chromium's virtual authenticator accepts a
 * suggestion at once.
 */
async function withoutSuggestions(page: Page): Promise<void> {
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
}

const alert = (page: Page) => page.locator("form.passkey [role=alert]").first();

/** The message about a prompt that was closed. */
const closed = (page: Page) => page.locator("form.passkey [aria-live]");

/** Removes the passkey whose page is open, and confirms the dialog. */
async function removePasskey(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Remove passkey" }).click();
  await page.getByRole("dialog", { name: /^Remove “/ }).getByRole("button", { name: "Remove passkey" }).click();
}

test.describe("with scripts", () => {
  test.skip(({ javaScriptEnabled }) => javaScriptEnabled === false, "a passkey needs a script");

  test("an account is made with a passkey and no password", async ({ page, user }) => {
    test.setTimeout(90_000); // a long flow, with axe on every page
    await withoutSuggestions(page);
    const device = await Authenticator.plugInto(page);
    await page.goto("/auth/signup");
    await expectGood(page, "signup-or-passkey");
    await page.getByRole("link", { name: "Use a passkey, no password" }).click();
    await expect(page.getByLabel("Password")).toHaveCount(0);
    await expectGood(page, "signup-passkey");
    await page.getByLabel("Username").fill(user.username);
    await page.getByLabel("E-mail").fill(user.email);
    await page.getByRole("button", { name: "Create account with a passkey" }).click();
    // Without them, a lost device would mean a lost account.
    await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
    await expect(page.getByRole("status")).toContainText("Your account is ready.");
    await expect(page.locator(".codes code")).toHaveCount(10);
    await expectGood(page, "signup-codes");
    await page.getByRole("button", { name: "I have saved them, continue" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
    await expect(page.getByText("10 of 10 left")).toBeVisible();
    await expectGood(page, "overview-passkey-only");
    const [made] = await device.credentials();
    expect(made?.isResidentCredential).toBe(true);
    await page.goto("/ui/settings");
    await expect(page.getByText("Synced")).toBeVisible();
    await expect(page.getByLabel("Current password")).toHaveCount(0);
    await expectGood(page, "security-passkey-only");
    // The only way to sign in cannot be removed.
    await page.getByRole("link", { name: /^Details of/ }).click();
    await removePasskey(page);
    await expect(page.getByText("This is the only way into your account.")).toBeVisible();
    await signOut(page);
    await page.goto("/auth/login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
  });

  test("an account without a password gets one, which alone does not open it", async ({ page, problems, user }) => {
    problems.allow(/status of 422/);
    await withoutSuggestions(page);
    await Authenticator.plugInto(page);
    await page.goto("/auth/signup?by=passkey");
    await page.getByLabel("Username").fill(user.username);
    await page.getByLabel("E-mail").fill(user.email);
    await page.getByRole("button", { name: "Create account with a passkey" }).click();
    await page.getByRole("button", { name: "I have saved them, continue" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
    await page.goto("/ui/settings");
    await password(page).fill("password1");
    await page.getByRole("button", { name: "Set a password" }).click();
    await expect(errorOf(page, "password")).toContainText("one of the most common passwords");
    await expectGood(page, "security-set-password-error");
    await password(page).fill(user.password);
    await page.getByRole("button", { name: "Set a password" }).click();
    await expect(page.getByRole("status")).toHaveText("You have a password now.");
    await expect(password(page, "Current password")).toBeVisible();
    await signOut(page);
    await page.goto("/auth/login");
    await fillSignIn(page, user.username, user.password);
    await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
  });

  test("where mails are sent, a new account's codes come once its address is proved", async ({ page, user }) => {
    await withoutSuggestions(page);
    await Authenticator.plugInto(page);
    await page.goto(`${mailServer()}/auth/signup?by=passkey&next=/ui/activity`);
    await page.getByLabel("Username").fill(user.username);
    await page.getByLabel("E-mail").fill(user.email);
    await page.getByRole("button", { name: "Create account with a passkey" }).click();
    await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
    await page.getByLabel("Six-digit code").fill(await codeOf(page, user.email, "Confirm your address for AuthTuna"));
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
    await expect(page.locator(".codes code")).toHaveCount(10);
    await page.getByRole("button", { name: "I have saved them, continue" }).click();
    await expect(page).toHaveURL(/\/ui\/activity$/);
  });

  test("a browser that has no passkeys says so, and leaves the ways out", async ({ page, user }) => {
    await page.addInitScript(() => Reflect.deleteProperty(window, "PublicKeyCredential"));
    await signUp(page, user);
    await page.goto("/ui/settings/passkeys/add");
    await expect(page.getByText("This browser can't use passkeys.")).toBeVisible();
    await expect(page.getByLabel("Name")).toBeHidden();
    await expect(page.getByRole("button", { name: "Create passkey" })).toBeHidden();
    await expectGood(page, "passkey-add-unsupported");
    await expect(page.getByRole("link", { name: "Cancel" })).toHaveAttribute("href", "/ui/settings");
    await page.getByRole("link", { name: "Set up an authenticator app" }).click();
    await expect(page.getByRole("heading", { name: "Set up an authenticator app" })).toBeVisible();
  });

  test("what is wrong with a name is said beside it, before any prompt", async ({ page, problems, user }) => {
    problems.allow(/status of (409|422)/);
    const device = await Authenticator.plugInto(page);
    await page.goto("/auth/signup?by=passkey");
    await page.getByLabel("Username").fill("x");
    await page.getByLabel("E-mail").fill("nothing");
    await page.getByRole("button", { name: "Create account with a passkey" }).click();
    await expect(page.locator("#username-error")).not.toBeEmpty();
    await expect(page.locator("#email-error")).not.toBeEmpty();
    await expectGood(page, "signup-passkey-error");
    expect(await device.credentials()).toEqual([]);
    await page.getByLabel("Username").fill(user.username);
    await expect(page.locator("#username-error")).toBeEmpty();
  });

  test("a passkey signs in by the button, on the way to where one was going", async ({ page, user }) => {
    await withoutSuggestions(page);
    await withPasskey(page, user);
    await page.goto("/auth/login?next=/ui/activity");
    await expectGood(page, "login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/activity$/);
    await expect(page.getByText("Signed in with a passkey").first()).toBeVisible();
    await expect(page.getByText("Passkey added")).toBeVisible();
  });

  test("a passkey is the second step after the password", async ({ page, user }) => {
    await withoutSuggestions(page);
    await withPasskey(page, user);
    await page.goto("/auth/login");
    await fillSignIn(page, user.username, user.password);
    await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
    await expectGood(page, "challenge-passkey");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
  });

  test("a prompt that is closed leaves the other ways open", async ({ page, user }) => {
    await withoutSuggestions(page);
    const device = await withPasskey(page, user);
    await device.verifies(false);
    await page.goto("/auth/login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(closed(page)).toHaveText("The passkey prompt was closed. Try again, or sign in another way.");
    // It is not an alert: the user knows that they closed the prompt.
    await expect(alert(page)).toBeHidden();
    await expectGood(page, "login-passkey-cancelled");
    await fillSignIn(page, user.username, user.password);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(closed(page)).toContainText("The passkey prompt was closed.");
    await device.verifies(true);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
  });

  test("a device that checks nobody makes no passkey", async ({ page, user }) => {
    const device = await Authenticator.plugInto(page, { checks: false, key: true });
    await signUp(page, user);
    await page.goto("/ui/settings/passkeys/add");
    await expectGood(page, "passkey-add");
    await page.getByRole("button", { name: "Create passkey" }).click();
    await expect(closed(page)).toHaveText("No passkey was made: the prompt was closed. Press “Create passkey” to try again.");
    await expectGood(page, "passkey-add-refused");
    expect(await device.credentials()).toEqual([]);
  });

  test("a device is not registered twice", async ({ page, user }) => {
    await Authenticator.plugInto(page);
    await signUp(page, user);
    await addPasskey(page, "My laptop", FIRST);
    await page.goto("/ui/settings/passkeys/add");
    await page.getByRole("button", { name: "Create passkey" }).click();
    await expect(alert(page)).toContainText("has a passkey for this account already");
  });

  test("a counter that goes back blocks the passkey, and its owner sees it", async ({ page, problems, user }) => {
    problems.allow(/status of 403/);
    await withoutSuggestions(page);
    const device = await withPasskey(page, user, { key: true });
    await page.goto("/auth/login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
    const other = await page.context().newPage();
    await other.goto("/ui/settings");
    await expect(other.getByText("One device")).toBeVisible();
    await page.goto("/ui/settings/passkeys/add");
    await device.windBack(1);
    await signOut(page);
    await page.goto("/auth/login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(alert(page)).toContainText("there may be a copy of it");
    // Signing in now takes the password and a backup code.
    await fillSignIn(page, user.username, user.password);
    await expect(page.getByText("Enter one of your backup codes.")).toBeVisible();
  });

  test("a passkey that was removed signs nobody in", async ({ page, problems, user }) => {
    problems.allow(/status of (404|422)/);
    await withoutSuggestions(page);
    const device = await Authenticator.plugInto(page);
    await signUp(page, user);
    await addPasskey(page, "My laptop", FIRST);
    await page.getByRole("link", { name: "Details of My laptop" }).click();
    await expect(page.getByLabel("Name")).toBeVisible();
    await expectGood(page, "passkey-one");
    await page.getByLabel("Name").fill("x".repeat(80));
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("#name-error")).not.toBeEmpty();
    await page.getByLabel("Name").fill("On the road");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status")).toHaveText("The name is saved.");
    await page.getByRole("link", { name: "Details of On the road" }).click();
    await page.getByRole("button", { name: "Remove passkey" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove “On the road”?" });
    await expect(dialog).toContainText("Your password alone then opens your account");
    await expect(dialog).toContainText("This can't be undone.");
    await expectGood(page, "passkey-remove");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(dialog).toBeHidden();
    const [kept] = await device.credentials();
    await removePasskey(page);
    await expect(page.getByRole("status")).toHaveText("The passkey is removed.");
    await expect(page.getByText("No passkeys yet")).toBeVisible();
    // The page told the device, which no longer offers the passkey.
    await expect.poll(() => device.credentials()).toHaveLength(0);
    await device.keep(kept!);
    await signOut(page);
    await page.goto("/auth/login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(alert(page)).toContainText("This passkey is not known here.");
    // The passkey may belong to another service, so the page does not tell the device to remove it.
    expect(await device.credentials()).toHaveLength(1);
    await fillSignIn(page, user.username, user.password);
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
  });

  test("devices keep the passkeys that are good, and learn one's new name", async ({ page, user }) => {
    await withoutSuggestions(page);
    const device = await Authenticator.plugInto(page);
    await signUp(page, user);
    await addPasskey(page, "My laptop", FIRST);
    const [before] = await device.credentials();
    expect(before?.userDisplayName).toBe(user.username);
    await page.goto("/ui/profile");
    await page.getByLabel("First name").fill("Ada");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("status")).toHaveText("Your changes are saved.");
    await page.goto("/ui/settings");
    await expect.poll(async () => (await device.credentials()).map((one) => one.userDisplayName)).toEqual(["Ada"]);
    await signOut(page);
    await page.goto("/auth/login");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
  });

  test("a button that needs the script is not pressed before it runs", async ({ page }) => {
    await withoutSuggestions(page);
    await Authenticator.plugInto(page);
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    await page.route(/\/pkg\/.*\.wasm/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto("/auth/login", { waitUntil: "commit" });
    const button = page.getByRole("button", { name: "Sign in with a passkey" });
    await expect(button).toBeDisabled();
    // After a long wait, the page says why.
    await expect(page.getByText("Passkeys need JavaScript").first()).toBeVisible({ timeout: 15_000 });
    await screenshots(page, "login-waiting");
    go();
    await expect(button).toBeEnabled();
    await expect(page.getByText("Passkeys need JavaScript").first()).toBeHidden();
  });

  test("a first password wants a confirmation, and then is asked for", async ({ page, ownServer, user }) => {
    const { base } = await ownServer({ STEP_UP_SECONDS: "2" });
    await withoutSuggestions(page);
    await Authenticator.plugInto(page);
    await page.goto(`${base}/auth/signup?by=passkey`);
    await page.getByLabel("Username").fill(user.username);
    await page.getByLabel("E-mail").fill(user.email);
    await page.getByRole("button", { name: "Create account with a passkey" }).click();
    await page.getByRole("button", { name: "I have saved them, continue" }).click();
    await expect(page).toHaveURL(/\/ui\/dashboard$/);
    const begin = page.getByRole("link", { name: "Confirm it's you, and set a password" });
    await expect(async () => {
      await page.goto(`${base}/ui/settings`);
      await expect(begin).toBeVisible({ timeout: 100 });
    }).toPass({ timeout: 10_000, intervals: [200] });
    await expect(password(page)).toHaveCount(0);
    await expectGood(page, "security-first-password");
    await begin.click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL(/\/ui\/settings$/);
    await expect(password(page)).toBeVisible();
  });

  test("at another address no passkey is made, and the page says why", async ({ page, ownServer, user }) => {
    await Authenticator.plugInto(page);
    const server = await ownServer({ WEBAUTHN_ORIGIN: "https://accounts.example.org" });
    await signUp(page, user, server.base);
    await page.goto(`${server.base}/ui/settings/passkeys/add`);
    await page.getByRole("button", { name: "Create passkey" }).click();
    await expect(alert(page)).toContainText("Your browser did not allow a passkey here.");
  });

  test("passkeys are suggested in the name's field", async ({ page, user }) => {
    await withPasskey(page, user);
    await page.goto("/auth/signup");
    const login = await page.request.get("/auth/login");
    expect(await login.text()).toContain('autocomplete="username webauthn"');
    // Chromium's virtual authenticator accepts the suggestion without a click.
    await page.goto("/auth/login?next=/ui/profile");
    await expect(page).toHaveURL(/\/ui\/profile$/);
  });

  test("an act that wants a confirmation is confirmed by a passkey", async ({ page, ownServer, user }) => {
    await Authenticator.plugInto(page);
    const server = await ownServer({ STEP_UP_SECONDS: "2" });
    await signUp(page, user, server.base);
    await page.goto(`${server.base}/ui/settings/passkeys/add`);
    await page.getByRole("button", { name: "Create passkey" }).click();
    await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
    await expect(async () => {
      await page.goto(`${server.base}/ui/settings/passkeys/add`);
      await expect(page.getByRole("heading", { name: "Confirm it's you" })).toBeVisible({ timeout: 1000 });
    }).toPass();
    await expectGood(page, "confirm-passkey");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("status")).toHaveText("Confirmed. You can go on now.");
    await expect(page).toHaveURL(/\/ui\/settings\/passkeys\/add$/);
    // A submitted form waits until the user has confirmed, and is then carried out.
    await expect(async () => {
      await page.goto(`${server.base}/ui/settings`);
      await page.getByRole("button", { name: "New codes" }).click({ timeout: 1000 });
      await page.getByRole("dialog").getByRole("button", { name: "Make new codes" }).click({ timeout: 1000 });
      await expect(page.getByRole("heading", { name: "Confirm it's you" })).toBeVisible({ timeout: 1000 });
    }).toPass();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
  });
});

test("a passkey that is nobody's has no page", async ({ page, problems, user }) => {
  problems.allow(/status of 404/);
  await signUp(page, user);
  for (const id of ["nothing", "00000000-0000-0000-0000-000000000000"]) {
    const answer = await page.goto(`/ui/settings/passkeys/${id}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "This passkey is no longer here" })).toBeVisible();
    // A page with a parameter in its path gets its script like any other.
    await expect(page.locator("link[rel=modulepreload]")).toBeAttached();
  }
  await expectGood(page, "passkey-none");
  await page.getByRole("link", { name: "Back to security" }).click();
  await expect(page.getByText("No passkeys yet")).toBeVisible();
  await expectGood(page, "security-new");
});

test("without scripts the pages say that passkeys need them, and offer the rest", async ({ page, user, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled !== false, "about pages without scripts");
  await page.goto("/auth/login");
  await expect(page.getByText("Passkeys need JavaScript")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toBeHidden();
  await expectGood(page, "login-without-scripts");
  await page.goto("/auth/signup?by=passkey");
  await expect(page.getByText("Passkeys need JavaScript")).toBeVisible();
  await page.getByRole("link", { name: "Use a password" }).click();
  await expect(password(page)).toBeVisible();
  await signUp(page, user);
  await page.goto("/ui/settings/passkeys/add");
  await expect(page.getByText("Passkeys need JavaScript")).toBeVisible();
  await expect(password(page)).toHaveCount(0);
  await expect(page.getByLabel("Name")).toBeHidden();
  await expect(page.getByRole("button", { name: "Create passkey" })).toBeHidden();
  await expectGood(page, "passkey-add-without-scripts");
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page).toHaveURL(/\/ui\/settings$/);
  await page.goto("/ui/settings/passkeys/add");
  await page.getByRole("link", { name: "Set up an authenticator app" }).click();
  await expect(page.getByRole("heading", { name: "Set up an authenticator app" })).toBeVisible();
});
