// Every flow that uses email, with the emails read as users read them.
import type { Page } from "@playwright/test";

import { expect, newUser, test, type User } from "../support/fixture";
import { codeOf, linkOf, mailServer, openMail } from "../support/mail";
import { errorOf, expectGood, fillNewAccount, fillSignIn, password, signIn, signOut, signUp } from "../support/portal";

const CONFIRM = "Confirm your address for AuthTuna";
const TAKEN = "You already have an account at AuthTuna";
const RESET = "Choose a new password for AuthTuna";
const MAGIC = "Sign in to AuthTuna";
const NEW_ADDRESS = "Confirm your new address for AuthTuna";
const CHOOSE =
  "Your address is confirmed. Choose a password to finish.";
const CHANGED = "Your AuthTuna address was changed";

// Long flows, with axe on every page.
test.describe.configure({ timeout: 90_000 });
test.use({ baseURL: async ({}, use) => use(mailServer()) });

async function askForAccount(page: Page, user: User): Promise<void> {
  await page.goto("/auth/signup");
  await fillNewAccount(page, user);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  await expect(page.getByText(user.email)).toBeVisible();
}

/** Creates a user with a confirmed address, signed in on `page`. */
async function member(page: Page, user: User): Promise<void> {
  await askForAccount(page, user);
  await page.goto(await linkOf(page, user.email, CONFIRM));
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
}

const code = (page: Page) => page.getByLabel("Six-digit code");

test("a new person signs up by the link of a mail", async ({ page, user }) => {
  await askForAccount(page, user);
  await expect(page).toHaveURL(/\/auth\/verify$/);
  await expectGood(page, "inbox");
  const mail = await openMail(page, user.email, CONFIRM);
  await expect(mail.locator("iframe")).toBeVisible();
  await mail.close();
  const link = await linkOf(page, user.email, CONFIRM);
  // Opening the link does not use it up.
  for (let looks = 0; looks < 2; looks += 1) {
    const answer = await page.goto(link);
    expect(answer?.headers()["referrer-policy"]).toBe("same-origin");
    await expect(page.getByText(user.email)).toBeVisible();
    await expect(page.getByText(user.username, { exact: true })).toBeVisible();
  }
  await expect(page.locator("meta[name=robots]")).toHaveAttribute("content", "noindex");
  await expectGood(page, "verify");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
  await expect(page.getByRole("status")).toHaveText("Your address is confirmed, and your account is ready.");
});

test("a new person signs up by the code, after a wrong one, and lands where they were going", async ({ page, problems, user }) => {
  problems.allow(/status of 400|status of 422/);
  await page.goto("/auth/signup?next=/ui/activity");
  await fillNewAccount(page, user);
  await page.getByRole("button", { name: "Create account" }).click();
  const right = await codeOf(page, user.email, CONFIRM);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(errorOf(page, "code")).toHaveText("Enter the code.");
  await code(page).fill(right.replaceAll(" ", "") === "123456" ? "654321" : "123456");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(errorOf(page, "code")).toContainText("That code is wrong or too old.");
  await expectGood(page, "inbox-error");
  await code(page).fill(right);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page).toHaveURL(/\/ui\/activity$/);
});

test("after five wrong codes the right one does not work any more", async ({ page, problems, user }) => {
  problems.allow(/status of 400/);
  await askForAccount(page, user);
  const right = await codeOf(page, user.email, CONFIRM);
  for (let tries = 0; tries < 5; tries += 1) {
    await code(page).fill(right.startsWith("9") ? `10000${tries}` : `90000${tries}`);
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(errorOf(page, "code")).toContainText("That code is wrong or too old.");
    await page.reload();
  }
  await code(page).fill(right);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(errorOf(page, "code")).toContainText("That code is wrong or too old.");
});

test("in another browser the link signs nobody in, and asks for a new password", async ({ page, otherBrowser, user }) => {
  await askForAccount(page, user);
  const link = await linkOf(page, user.email, CONFIRM);
  const other = await otherBrowser();
  await other.goto(link);
  await other.getByRole("button", { name: "Create account" }).click();
  await expect(other.getByRole("status")).toHaveText(CHOOSE);
  await expectGood(other, "reset-choose");
  const chosen = { ...user, password: `another ${user.password}` };
  await password(other, "New password").fill(chosen.password);
  await other.getByRole("button", { name: "Set password" }).click();
  await expect(other.getByRole("status")).toHaveText("Your new password is set. Sign in with it.");
  await fillSignIn(other, user.email, chosen.password);
  await expect(other.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
});

test("the mail is sent again, and used links say what to do", async ({ page, problems, user }) => {
  problems.allow(/status of 410/);
  await askForAccount(page, user);
  const first = await linkOf(page, user.email, CONFIRM);
  await page.getByRole("button", { name: "Send it again" }).click();
  await expect(page.getByRole("status")).toHaveText("We've sent it again. Use the newest mail.");
  await expectGood(page, "inbox-again");
  let link = first;
  await expect(async () => {
    link = await linkOf(page, user.email, CONFIRM);
    expect(link).not.toBe(first);
  }).toPass();
  await page.goto(link);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
  const answer = await page.goto(link);
  expect(answer?.status()).toBe(410);
  await expect(page.getByRole("heading", { name: "This link doesn't work anymore" })).toBeVisible();
  await expectGood(page, "link-dead");
});

test("a browser that waits for nothing is told how to go on", async ({ page }) => {
  for (const [path, act] of [
    ["/auth/verify", "Sign up again"],
    ["/auth/reset-password", "Ask for a new link"],
    ["/auth/passwordless/login", "Ask for a new link"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "Open the link in your mail" })).toBeVisible();
    await expect(page.getByRole("link", { name: act })).toBeVisible();
  }
  await expectGood(page, "inbox-nothing");
});

test("an address that has an account is answered like a new one, and its owner gets another mail", async ({ page, otherBrowser, user }) => {
  await member(page, user);
  const stranger = await otherBrowser();
  await askForAccount(stranger, { ...newUser(), email: user.email });
  const there = await stranger.locator("main").innerText();
  const fresh = newUser();
  const other = await otherBrowser();
  await askForAccount(other, fresh);
  expect((await other.locator("main").innerText()).replace(fresh.email, user.email)).toBe(there);
  const mail = await openMail(page, user.email, TAKEN);
  await expect(mail.locator("pre")).not.toContainText("?token=");
});

test("a name that was taken meanwhile is changed where that is said", async ({ page, otherBrowser, problems, user }) => {
  problems.allow(/status of 409/);
  await askForAccount(page, user);
  const link = await linkOf(page, user.email, CONFIRM);
  const rival = { ...newUser(), username: user.username };
  await member(await otherBrowser(), rival);
  await page.goto(link);
  await expect(page.getByLabel("Username")).toBeHidden();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(errorOf(page, "username")).toContainText("That username is taken");
  await expectGood(page, "verify-taken");
  await page.getByLabel("Username").fill(`${user.username}2`);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}2` })).toBeVisible();
});

for (const way of ["link", "code"] as const) {
  test(`a forgotten password is set anew by ${way}, and old sessions end`, async ({ page, otherBrowser, problems, user }) => {
    problems.allow(/status of 422|status of 410/);
    const old = await otherBrowser();
    await member(old, user);
    await page.goto("/auth/login");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await expect(page.getByRole("button", { name: "Send the link" })).toBeVisible();
    await expectGood(page, "forgot");
    await page.getByLabel("E-mail").fill(user.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByText("If it belongs to an account, an e-mail is on its way to")).toBeVisible();
    if (way === "link") {
      await page.goto(await linkOf(page, user.email, RESET));
    } else {
      await expectGood(page, "inbox-reset");
      await code(page).fill(await codeOf(page, user.email, RESET));
      await page.getByRole("button", { name: "Set a new password" }).click();
    }
    await expect(page.getByRole("heading", { name: "Set a new password" })).toBeVisible();
    await expectGood(page, "reset");
    const link = page.url();
    await password(page, "New password").fill("short");
    await page.getByRole("button", { name: "Set password" }).click();
    await expect(errorOf(page, "password")).toContainText("Use at least");
    const changed = { ...user, password: `another ${user.password}` };
    await password(page, "New password").fill(changed.password);
    await page.getByRole("button", { name: "Set password" }).click();
    await expect(page.getByRole("status")).toHaveText("Your new password is set. Sign in with it.");
    await expectGood(page, "login-reset");
    await old.goto("/ui/dashboard");
    await expect(old).toHaveURL(/\/auth\/login\?next=|\/auth\/login$/);
    await signIn(page, changed);
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "This link doesn't work anymore" })).toBeVisible();
  });

  test(`somebody signs in by the ${way} of a mail, and lands where they were going`, async ({ page, otherBrowser, user }) => {
    await member(await otherBrowser(), user);
    await page.goto("/ui/activity");
    await expectGood(page, "login-mail");
    await page.getByRole("link", { name: "E-mail me a sign-in link" }).click();
    await expect(page.getByRole("button", { name: "Send the link" })).toBeVisible();
    await expectGood(page, "magic");
    await page.getByLabel("E-mail").fill(user.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
    if (way === "link") {
      await page.goto(await linkOf(page, user.email, MAGIC));
      await expectGood(page, "magic-enter");
      await page.getByRole("button", { name: `Sign in as ${user.username}` }).click();
      await expect(page).toHaveURL(/\/ui\/dashboard$/);
    } else {
      await expectGood(page, "inbox-magic");
      await code(page).fill(await codeOf(page, user.email, MAGIC));
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(page).toHaveURL(/\/ui\/activity$/);
    }
  });
}

test("an address is changed, told to the old one, and taken back", async ({ page, otherBrowser, problems, user }) => {
  problems.allow(/status of 401|status of 422/);
  await member(page, user);
  await page.goto("/ui/settings");
  await expect(page.getByText("Verified", { exact: true })).toBeVisible();
  await expectGood(page, "security-mail");
  await page.getByRole("link", { name: "Change the e-mail address" }).click();
  await expect(page.getByLabel("New e-mail address")).toBeVisible();
  await expectGood(page, "email");
  const next = newUser().email;
  await page.getByLabel("New e-mail address").fill(user.email);
  await password(page, "Current password").fill("wrong");
  await page.getByRole("button", { name: "Send the mail" }).click();
  await expect(errorOf(page, "email")).toHaveText("That is your address already.");
  await page.getByLabel("New e-mail address").fill(next);
  await password(page, "Current password").fill(user.password);
  await page.getByRole("button", { name: "Send the mail" }).click();
  await expect(page.getByText(next)).toBeVisible();
  await expect(page).toHaveURL(/\/ui\/settings\/email\/confirm$/);
  await expectGood(page, "inbox-change");
  await page.goto(await linkOf(page, next, NEW_ADDRESS));
  await expectGood(page, "change-email");
  await page.getByRole("button", { name: "Use this address" }).click();
  await expect(page.getByRole("status")).toHaveText("Your e-mail address is changed.");
  await expect(page.getByRole("heading", { name: next })).toBeVisible();

  const owner = await otherBrowser();
  await owner.goto(await linkOf(owner, user.email, CHANGED));
  await expect(owner.getByRole("heading", { name: "Take your address back?" })).toBeVisible();
  await expectGood(owner, "undo-email");
  await owner.getByRole("button", { name: "Take it back" }).click();
  await expect(owner.getByRole("status")).toContainText("You have your address back");
  await expectGood(owner, "reset-undone");
  const changed = { ...user, password: `another ${user.password}` };
  await password(owner, "New password").fill(changed.password);
  await owner.getByRole("button", { name: "Set password" }).click();
  await expect(owner.getByRole("status")).toHaveText("Your new password is set. Sign in with it.");
  await signIn(owner, changed);
  await page.goto("/ui/dashboard");
  await expect(page).toHaveURL(/\/auth\/login/);
});

test("an address that was never proved is, by the mail that sign-in sends", async ({ page, problems, ownServer, user }) => {
  problems.allow(/status of 403/);
  const quiet = await ownServer();
  await signUp(page, user, quiet.base);
  const loud = await ownServer({
    DATA_DIR: quiet.data,
    DEFAULT_DATABASE_URI: `sqlite://${quiet.data}/authtuna.db`,
    EMAIL_ENABLED: "true",
  });
  // The session is still open, and its user can ask for the email.
  await page.goto(`${loud.base}/ui/settings`);
  await expect(page.getByText("Not verified")).toBeVisible();
  await expectGood(page, "security-unverified");
  await page.getByRole("button", { name: "Send the mail to confirm the e-mail address" }).click();
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  await page.goto(`${loud.base}/ui/dashboard`);
  await signOut(page);
  await page.goto(`${loud.base}/auth/login`);
  await fillSignIn(page, user.username, user.password);
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  await expect(page.getByRole("status")).toHaveText("Your password is right. Confirm your address first, then sign in.");
  await expectGood(page, "login-unverified");
  // This browser asked for the email, so the account keeps its password.
  await page.goto(await linkOf(page, user.email, CONFIRM, loud.base));
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByRole("status")).toHaveText("Your e-mail address is confirmed.");
  await signIn(page, user, loud.base);
});

test("the mails of development are there to look at, every kind of them", async ({ page }) => {
  await page.goto("/dev/mail/preview");
  await expect(page.locator("iframe").first()).toBeVisible();
  expect(await page.locator("iframe").count()).toBeGreaterThan(20);
  await page.goto("/dev/mail");
  await expectGood(page, "dev-mail");
});
