// Two-step verification: an authenticator app and backup codes at sign-in, and re-authentication.
// The app is oathtool, which shares no code with the server.
import type { Page } from "@playwright/test";
import { execFileSync } from "node:child_process";

import { expect, test, type User } from "../support/fixture";
import { errorOf, expectGood, fillSignIn, password, signOut, signUp } from "../support/portal";

/** Returns the code that an app with this key shows `steps` half minutes from now. */
function appCode(key: string, steps = 0): string {
  const at = Math.floor(Date.now() / 1000) + 30 * steps;
  return execFileSync("oathtool", ["--totp", "--base32", `--now=@${at}`, key], { encoding: "utf8" }).trim();
}

const code = (page: Page) => page.locator("#code");

/** Sets up an app for the signed-in user. Returns its key and the backup codes. */
async function setUpApp(page: Page, pictures = false): Promise<{ key: string; codes: string[] }> {
  await page.goto("/ui/settings");
  await expect(page.getByText("After your password, you enter a code from your phone.")).toBeVisible();
  await page.getByRole("link", { name: "Set up" }).click();
  await expect(page.getByRole("heading", { name: "Set up an authenticator app" })).toBeVisible();
  if (pictures) await expectGood(page, "mfa-begin");
  await page.getByRole("button", { name: "I have an app: show the QR code" }).click();
  await expect(page.getByRole("img", { name: "QR code with the key" })).toBeVisible();
  const key = (await page.locator(".key code").innerText()).replaceAll(" ", "");
  await expect(page.getByRole("link", { name: "Open in my app" })).toHaveAttribute("href", new RegExp(`^otpauth://totp/.*secret=${key}`));
  // A phone cannot scan its own screen: on a touch screen, the link to the app comes first.
  const open = await page.getByRole("link", { name: "Open in my app" }).boundingBox();
  const picture = await page.getByRole("img", { name: "QR code with the key" }).boundingBox();
  expect((open?.y ?? 0) < (picture?.y ?? 0)).toBe(test.info().project.use.hasTouch ?? false);
  // The user reads the steps before it first.
  await expect(code(page)).not.toBeFocused();
  if (pictures) await expectGood(page, "mfa-setup");
  await code(page).fill(appCode(key));
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
  const codes = await page.locator(".codes code").allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  if (pictures) await expectGood(page, "mfa-codes");
  return { key, codes };
}

/** Confirms that the codes are saved, which leads back to the page before. */
async function codesSaved(page: Page): Promise<void> {
  await page.getByRole("button", { name: "I have saved them" }).click();
  await expect(page.getByText("10 left.")).toBeVisible();
}

/** Signs in with the password, which is not enough. */
async function firstStep(page: Page, user: User, next = ""): Promise<void> {
  await page.goto(`/auth/login${next}`);
  await fillSignIn(page, user.username, user.password);
  await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
}

test("an app is set up in three steps", async ({ page, user, javaScriptEnabled }) => {
  test.setTimeout(90_000); // a long flow, with axe on every page
  await signUp(page, user);
  const { codes } = await setUpApp(page, true);
  if (javaScriptEnabled !== false) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy" }).click();
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(codes[9]!);
    await page.evaluate(() => { window.print = () => document.body.setAttribute("data-printed", "yes"); });
    await page.getByRole("button", { name: "Print" }).click();
    await expect(page.locator("body[data-printed]")).toHaveCount(1);
  } else {
    await expect(page.getByRole("button", { name: "Print" })).toBeHidden();
  }
  const download = page.getByRole("link", { name: "Download" });
  expect(decodeURIComponent((await download.getAttribute("href")) ?? "")).toContain(user.username);
  await codesSaved(page);
  await expectGood(page, "security-mfa");
  await page.goto("/ui/dashboard");
  await expect(page.getByRole("img", { name: "3 of 3 protections in place" })).toBeVisible();
  await expect(page.getByText("10 of 10 left")).toBeVisible();
  await expectGood(page, "overview-mfa");
});

test("the app's code is asked for at sign-in, on the way to where one was going", async ({ page, problems, user }) => {
  problems.allow(/status of 400/);
  await signUp(page, user);
  const { key } = await setUpApp(page);
  await codesSaved(page);
  await signOut(page);
  await firstStep(page, user, "?next=/ui/activity");
  await expectGood(page, "challenge");
  await code(page).fill(appCode(key, 20));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(errorOf(page, "code")).toContainText("That code is wrong or too old.");
  await expectGood(page, "challenge-error");
  // The code of this half minute set up the app; the next one is valid already.
  await code(page).fill(appCode(key, 1));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/ui\/activity$/);
  await expect(page.getByText("Authenticator app turned on")).toBeVisible();
});

test("a backup code opens the account once", async ({ page, problems, user }) => {
  problems.allow(/status of 400/);
  await signUp(page, user);
  const { codes } = await setUpApp(page);
  await codesSaved(page);
  await signOut(page);
  await firstStep(page, user);
  await page.getByRole("link", { name: "Use a backup code" }).click();
  await expect(page.getByText("Enter one of your backup codes.")).toBeVisible();
  await expectGood(page, "challenge-backup");
  await code(page).fill(codes[0]!.toLowerCase().replaceAll("-", " "));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
  await signOut(page);
  await firstStep(page, user);
  await page.getByRole("link", { name: "Use a backup code" }).click();
  await code(page).fill(codes[0]!);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(errorOf(page, "code")).toContainText("each works once");
  await code(page).fill(codes[1]!);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
});

test("codes that were saved are not shown again, and the app can be turned off", async ({ page, user }) => {
  await signUp(page, user);
  await setUpApp(page);
  const place = page.url();
  await page.reload();
  await expect(page.locator(".codes code")).toHaveCount(10);
  await codesSaved(page);
  await page.goto(place);
  await expect(page.getByRole("heading", { name: "These codes are not shown again" })).toBeVisible();
  await page.goto("/ui/settings");
  await page.getByRole("button", { name: "Turn off" }).click();
  const dialog = page.getByRole("dialog", { name: "Turn off the authenticator app?" });
  await expect(dialog).toContainText("Your password alone then opens your account");
  await expectGood(page, "mfa-turn-off");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Turn off" }).click();
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByRole("status")).toHaveText("The authenticator app is off.");
  await signOut(page);
  await page.goto("/auth/login");
  await fillSignIn(page, user.username, user.password);
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
});

test("whoever never began to sign in is led to the beginning", async ({ page }) => {
  await page.goto("/mfa/challenge");
  await expect(page.getByRole("heading", { name: "Sign in again" })).toBeVisible();
  await expectGood(page, "challenge-gone");
});

test("an old session confirms who it is before it changes anything", async ({ page, problems, ownServer, user }) => {
  problems.allow(/status of 401/);
  const server = await ownServer({ STEP_UP_SECONDS: "1" });
  await signUp(page, user, server.base);
  // Until that second is over, the first step of the setup needs no confirmation.
  await expect(async () => {
    await page.goto(`${server.base}/mfa/setup`);
    await page.getByRole("button", { name: "I have an app: show the QR code" }).click({ timeout: 2000 });
    await expect(page.getByRole("heading", { name: "Confirm it's you" })).toBeVisible({ timeout: 2000 });
  }).toPass();
  await expectGood(page, "confirm");
  await password(page).fill("not my password");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(errorOf(page, "password")).toContainText("That's not your current password.");
  await password(page).fill(user.password);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page).toHaveURL(/\/mfa\/setup$/);
  await expect(page.getByRole("status")).toHaveText("Confirmed. You can go on now.");
});
