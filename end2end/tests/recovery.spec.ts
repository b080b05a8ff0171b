// Recovery by a user who lost every second factor, with the emails read as users read them.
import type { Page } from "@playwright/test";
import { execFileSync } from "node:child_process";

import { expect, test, type User } from "../support/fixture";
import { codeOf, linkOf, mailServer } from "../support/mail";
import { errorOf, expectGood, fillNewAccount, fillSignIn, password } from "../support/portal";

const CONFIRM = "Confirm your address for AuthTuna";
const ASKED = "Did you lose the second factors of your AuthTuna account?";
const FIRST = "Your AuthTuna account has a second step now";
const STARTED = "Is it you who recovers your AuthTuna account?";
const READY = "You can recover your AuthTuna account now";
const DONE = "The second factors of your AuthTuna account were taken off";
const STOPPED = "The recovery is stopped. Your second steps stay.";
const OPEN = "Somebody asked to remove your second steps";

// Long flows, with axe on every page.
test.describe.configure({ timeout: 90_000 });

/**
 * Creates a user with a confirmed address and an authenticator app that they will lose, signed in on
 * `page`. Returns their backup codes.
 */
async function protectedMember(page: Page, user: User, base: string): Promise<string[]> {
  await page.goto(`${base}/auth/signup`);
  await fillNewAccount(page, user);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  await page.goto(await linkOf(page, user.email, CONFIRM, base));
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
  await page.goto(`${base}/mfa/setup`);
  await page.getByRole("button", { name: "I have an app: show the QR code" }).click();
  await expect(page.getByRole("img", { name: "QR code with the key" })).toBeVisible();
  const key = (await page.locator(".key code").innerText()).replaceAll(" ", "");
  const code = execFileSync("oathtool", ["--totp", "--base32", key], { encoding: "utf8" }).trim();
  await page.locator("#code").fill(code);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
  const codes = await page.locator(".codes code").allInnerTexts();
  await page.getByRole("button", { name: "I have saved them" }).click();
  await expect(page).toHaveURL(/\/ui\/settings$/);
  return codes;
}

/** Goes from the password to the page that waits for the email. */
async function ask(page: Page, user: User, base: string, pictures = false): Promise<void> {
  await page.goto(`${base}/auth/login`);
  await fillSignIn(page, user.username, user.password);
  await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
  await page.getByRole("link", { name: "Lost everything?" }).click();
  await expect(page.getByRole("heading", { name: "Lost your passkey, app and backup codes?" })).toBeVisible();
  if (pictures) await expectGood(page, "recovery");
  await page.getByLabel("E-mail").fill(user.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  await expect(page.getByText(user.email)).toBeVisible();
  if (pictures) await expectGood(page, "recovery-inbox");
}

async function begun(page: Page): Promise<void> {
  await expect(page.getByRole("status")).toContainText("Recovery has started.");
}

test("who lost every second step waits, removes them, and chooses a password", async ({ page, otherBrowser, ownServer, user }) => {
  const { base } = await ownServer({ EMAIL_ENABLED: "true", MFA_RECOVERY_DELAY_SECONDS: "3" });
  await protectedMember(page, user, base);
  const other = await otherBrowser();
  await ask(other, user, base, true);
  const link = await linkOf(other, user.email, ASKED, base);
  // Opening the link starts nothing.
  await other.goto(link);
  await expect(other.getByRole("heading", { name: "Start the recovery?" })).toBeVisible();
  await expect(other.locator("meta[name=robots]")).toHaveAttribute("content", "noindex");
  await expectGood(other, "recovery-start");
  await page.goto(`${base}/ui/dashboard`);
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
  await expect(page.getByRole("heading", { name: OPEN })).toBeHidden();
  await other.getByRole("button", { name: "Start recovery" }).click();
  await begun(other);
  await page.reload();
  await expect(page.getByRole("heading", { name: OPEN })).toBeVisible();

  await other.goto(await linkOf(other, user.email, READY, base));
  await expect(other.getByRole("heading", { name: "Remove your second steps?" })).toBeVisible();
  await expect(other.getByText("This can't be undone.")).toBeVisible();
  await expect(other.getByRole("link", { name: "Sign in with one of them" })).toHaveAttribute("href", "/auth/login");
  await expectGood(other, "recovery-finish");
  await other.getByRole("button", { name: "Remove my second steps" }).click();
  await expect(other.getByRole("status")).toContainText("Your second steps are removed");
  const chosen = `another ${user.password}`;
  await password(other, "New password").fill(chosen);
  await other.getByRole("button", { name: "Set password" }).click();
  await expect(other.getByRole("status")).toHaveText("Your new password is set. Sign in with it.");
  await fillSignIn(other, user.username, chosen);
  await expect(other.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
  await linkless(other, user, base);
  await page.goto(`${base}/ui/dashboard`);
  await expect(page).toHaveURL(/\/auth\/login\?next=/);
});

/** Expects the email that reports the finished recovery. Its link has no token. */
async function linkless(page: Page, user: User, base: string): Promise<void> {
  const tab = await page.context().newPage();
  await expect(async () => {
    await tab.goto(`${base}/dev/mail`);
    await expect(tab.getByRole("listitem").filter({ hasText: user.email }).filter({ hasText: DONE })).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 10_000, intervals: [100] });
  await tab.close();
}

test.describe("on the server that sends mails", () => {
  test.use({ baseURL: async ({}, use) => use(mailServer()) });

  test("its person is told on every page of the account, and stops it there", async ({ page, otherBrowser, user }) => {
    await protectedMember(page, user, mailServer());
    const other = await otherBrowser();
    await ask(other, user, mailServer());
    await other.getByLabel("Six-digit code").fill(await codeOf(other, user.email, ASKED));
    await other.getByRole("button", { name: "Start recovery" }).click();
    await begun(other);
    await expectGood(other, "recovery-begun");
    for (const path of ["/ui/profile", "/ui/settings", "/ui/settings/sessions", "/ui/activity", "/ui/dashboard"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { name: OPEN })).toBeVisible();
    }
    await expect(page.getByRole("heading", { name: "Somebody is trying to recover this account" })).toBeVisible();
    await expectGood(page, "recovery-open");
    await page.getByRole("button", { name: "Stop the recovery" }).click();
    await expect(page.getByRole("status")).toHaveText(STOPPED);
    await expect(page.getByRole("heading", { name: OPEN })).toBeHidden();
  });

  test("whoever can't sign in any more stops it with a code", async ({ page, problems, otherBrowser, user }) => {
    problems.allow(/status of 400|status of 422/);
    const codes = await protectedMember(page, user, mailServer());
    const thief = await otherBrowser();
    await ask(thief, user, mailServer());
    await thief.goto(await linkOf(thief, user.email, ASKED));
    await thief.getByRole("button", { name: "Start recovery" }).click();
    await begun(thief);
    const owner = await otherBrowser();
    await owner.goto("/auth/recovery");
    await owner.getByRole("link", { name: "Stop it with a code" }).click();
    await expect(owner.getByRole("heading", { name: "Stop a recovery" })).toBeVisible();
    await expectGood(owner, "recovery-stop");
    const stop = owner.getByRole("button", { name: "Stop the recovery" });
    await owner.getByLabel("Username or e-mail").fill(user.username);
    await owner.locator("#code").fill("000000");
    await stop.click();
    await expect(errorOf(owner, "code")).toContainText("Nothing was stopped");
    await expect(owner.getByLabel("Username or e-mail")).toHaveValue(user.username);
    await expectGood(owner, "recovery-stop-error");
    await page.reload();
    await expect(page.getByRole("heading", { name: OPEN })).toBeVisible();
    await owner.locator("#code").fill(codes[0]!);
    await stop.click();
    await expect(owner.getByRole("status")).toContainText("The recovery is stopped. Your second steps stay.");
    await expectGood(owner, "login-recovery-stopped");
    await page.reload();
    await expect(page.getByRole("heading", { name: OPEN })).toBeHidden();
    await expect(page.getByText("9 left.")).toBeVisible();
    // An intruder who reads the emails cannot start again at once.
    problems.allow(/status of 409/);
    await ask(thief, user, mailServer());
    await thief.goto(await linkOf(thief, user.email, ASKED));
    await thief.getByRole("button", { name: "Start recovery" }).click();
    await expect(thief.getByRole("alert")).toContainText("Another can begin in 7 days.");
    await expectGood(thief, "recovery-too-soon");
    await page.goto("/ui/activity");
    await expect(page.getByText("A code stopped a recovery")).toBeVisible();
    await expect(page.getByText("A try to stop a recovery by a code: it was wrong, or there was none")).toBeVisible();
  });

  test("the link of a mail stops it, once", async ({ page, problems, otherBrowser, user }) => {
    problems.allow(/status of 410/);
    await protectedMember(page, user, mailServer());
    const other = await otherBrowser();
    await ask(other, user, mailServer());
    await other.goto(await linkOf(other, user.email, ASKED));
    await other.getByRole("button", { name: "Start recovery" }).click();
    await begun(other);
    const link = await linkOf(other, user.email, STARTED);
    // This browser has no session.
    await other.goto(link);
    await expect(other.getByRole("heading", { name: "Stop the recovery?" })).toBeVisible();
    await expectGood(other, "recovery-cancel");
    await other.getByRole("button", { name: "Stop the recovery" }).click();
    await expect(other.getByRole("status")).toHaveText(STOPPED);
    await page.goto("/ui/settings");
    await expect(page.getByRole("heading", { name: OPEN })).toBeHidden();
    const answer = await other.goto(link);
    expect(answer?.status()).toBe(410);
    await expectGood(other, "recovery-over");
  });

  test("whose password was stolen takes the thief's app off", async ({ page, problems, otherBrowser, user }) => {
    problems.allow(/status of 410/);
    await protectedMember(page, user, mailServer());
    const owner = await otherBrowser();
    const link = await linkOf(owner, user.email, FIRST);
    await owner.goto(link);
    await expect(owner.getByRole("heading", { name: "Was this not you?" })).toBeVisible();
    await expect(owner.locator("meta[name=robots]")).toHaveAttribute("content", "noindex");
    await expectGood(owner, "recovery-undo");
    // Opening the link does nothing.
    await page.goto("/ui/settings");
    await expect(page.getByText("10 left.")).toBeVisible();
    await owner.getByRole("button", { name: "Remove it and set a new password" }).click();
    const chosen = `another ${user.password}`;
    await password(owner, "New password").fill(chosen);
    await owner.getByRole("button", { name: "Set password" }).click();
    await expect(owner.getByRole("status")).toHaveText("Your new password is set. Sign in with it.");
    await fillSignIn(owner, user.username, chosen);
    await expect(owner.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
    await page.goto("/ui/settings");
    await expect(page).toHaveURL(/\/auth\/login\?next=/);
    const answer = await owner.goto(link);
    expect(answer?.status()).toBe(410);
    await expect(owner.getByRole("link", { name: "Recover your account" })).toBeVisible();
    await expectGood(owner, "recovery-undo-dead");
  });
});
