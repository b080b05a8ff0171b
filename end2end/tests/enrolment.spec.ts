// A role that requires a second factor: a user who lacks it must set it up before they can go on.
import type { Page } from "@playwright/test";
import { execFileSync } from "node:child_process";

import { expect, test } from "../support/fixture";
import { Authenticator } from "../support/passkey";
import { expectGood, fillSignIn, signUp } from "../support/portal";

/** Returns the code that an app with this key shows. */
function appCode(key: string): string {
  return execFileSync("oathtool", ["--totp", "--base32", key], { encoding: "utf8" }).trim();
}

/** Expects the page to have enough room while there is no navigation. */
async function expectRoom(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 1440, height: 900 });
  expect((await page.locator("main").boundingBox())?.width).toBeGreaterThan(500);
  if (before) await page.setViewportSize(before);
}

test("whoever lacks a second step sets one up before anything else", async ({ page, ownServer, user }) => {
  test.setTimeout(90_000); // a long flow, with axe on every page
  // Another process changes the role: on SQLite, the server notices at its next database read.
  const server = await ownServer({ SESSION_DB_VERIFICATION_INTERVAL: "0" });
  await signUp(page, user, server.base);
  server.run("role", "require", "User", "mfa");
  await page.goto(`${server.base}/ui/profile`);
  await expect(page.getByRole("heading", { name: "One thing first" })).toBeVisible();
  await expectGood(page, "enrol");
  await page.goto(`${server.base}/ui/settings/sessions`);
  await expect(page.getByRole("heading", { name: "One thing first" })).toBeVisible();
  // A user who cancels returns to the choice, and keeps their destination.
  await page.getByRole("link", { name: "Set up an authenticator app" }).click();
  await expect(page.getByRole("heading", { name: "Set up an authenticator app" })).toBeVisible();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { name: "One thing first" })).toBeVisible();
  await page.getByRole("link", { name: "Add a passkey" }).click();
  await expect(page.getByRole("heading", { name: "Add a passkey" })).toBeVisible();
  await expectRoom(page);
  await expectGood(page, "enrol-passkey");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Set up an authenticator app" }).click();
  await expect(page.getByRole("heading", { name: "Set up an authenticator app" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Account pages" })).toHaveCount(0);
  await page.getByRole("button", { name: "I have an app: show the QR code" }).click();
  await expect(page.locator("#code")).toBeVisible();
  await expectRoom(page);
  await expectGood(page, "enrol-app");
  const key = (await page.locator(".key code").innerText()).replaceAll(" ", "");
  await page.locator("#code").fill(appCode(key));
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
  await page.getByRole("button", { name: "I have saved them, continue" }).click();
  await expect(page).toHaveURL(/\/ui\/settings\/sessions$/);
  await expect(page.getByRole("heading", { name: "Sessions", level: 1 })).toBeVisible();
});

test("what a way to enrol leads on to is a page of this site", async ({ page, ownServer, user }) => {
  const server = await ownServer({ SESSION_DB_VERIFICATION_INTERVAL: "0" });
  await signUp(page, user, server.base);
  server.run("role", "require", "User", "mfa");
  for (const place of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
    for (const path of ["/mfa/enrol", "/mfa/setup", "/ui/settings/passkeys/add", "/mfa/codes"]) {
      await page.goto(`${server.base}${path}?next=${encodeURIComponent(place)}`);
      await expect(page.locator("main h1")).toBeVisible();
      expect(await page.locator("main").innerHTML()).not.toContain("evil.example");
    }
  }
});

test("a role may ask for a passkey, and nothing less will do", async ({ page, ownServer, user, javaScriptEnabled }) => {
  const server = await ownServer({ SESSION_DB_VERIFICATION_INTERVAL: "0" });
  await signUp(page, user, server.base);
  await page.goto(`${server.base}/ui/dashboard`);
  server.run("role", "require", "User", "passkey");
  await page.goto(`${server.base}/ui/dashboard`);
  await expect(page.getByRole("link", { name: "Set up an authenticator app" })).toHaveCount(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You're signed out" })).toBeVisible();
  await page.goto(`${server.base}/auth/login`);
  await fillSignIn(page, user.username, user.password);
  await expect(page.getByRole("heading", { name: "One thing first" })).toBeVisible();
  test.skip(javaScriptEnabled === false, "a passkey needs a script");
  await Authenticator.plugInto(page);
  await page.getByRole("link", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Create passkey" }).click();
  await expect(page.getByRole("heading", { name: "Save your backup codes" })).toBeVisible();
  await page.getByRole("button", { name: "I have saved them, continue" }).click();
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();
});
