// What people do in the portal, by the words they see.
import type { Page } from "@playwright/test";

import { expect, expectAccessible, expectFits, screenshots, type User } from "./fixture";

export const password = (page: Page, label = "Password") => page.getByLabel(label, { exact: true });

/** The field's own error. */
export const errorOf = (page: Page, field: string) => page.locator(`#${field}-error`);

/** On the shared server, or the one at `base`. */
export async function signUp(page: Page, user: User, base = ""): Promise<void> {
  await page.goto(`${base}/auth/signup`);
  await fillNewAccount(page, user);
  await page.getByRole("button", { name: "Create account", exact: true }).click();
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
}

export async function fillNewAccount(page: Page, user: User): Promise<void> {
  await page.getByLabel("Username").fill(user.username);
  await page.getByLabel("E-mail").fill(user.email);
  await password(page).fill(user.password);
}

/** On the sign-in page. Where it leads is the caller's to expect. */
export async function fillSignIn(page: Page, identifier: string, secret: string): Promise<void> {
  await page.getByLabel("Username or e-mail").fill(identifier);
  await password(page).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

export async function signIn(page: Page, user: User, base = ""): Promise<void> {
  await page.goto(`${base}/auth/login`);
  await fillSignIn(page, user.username, user.password);
  await expect(page).toHaveURL(/\/ui\/dashboard$/);
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You're signed out" })).toBeVisible();
}

/**
 * The page as it stands is one that we show to people: axe finds nothing, nothing is too wide. After a click, expect
 * something of the new page first: what is asked of a page that is just leaving fails.
 */
export async function expectGood(page: Page, name: string): Promise<void> {
  await expectAccessible(page);
  await expectFits(page);
  await screenshots(page, name);
}
