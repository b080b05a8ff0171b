// Creating the first administrator.
import { expect, test } from "../support/fixture";
import { expectGood, fillNewAccount } from "../support/portal";

test("the link that the server prints makes the first administrator, once", async ({ page, problems, user, ownServer }) => {
  problems.allow(/status of 410|status of 422/);
  const server = await ownServer();
  const link = /http:\/\/localhost:\d+\/setup\?token=\S+/.exec(server.output())?.[0];
  expect(link, server.output()).toBeDefined();

  await page.goto(link ?? "");
  await expect(page.getByRole("heading", { name: "Set up AuthTuna" })).toBeVisible();
  await expectGood(page, "setup");
  await fillNewAccount(page, { ...user, password: "short" });
  await page.getByRole("button", { name: "Create administrator" }).click();
  await expect(page.locator("#password-error")).toContainText("Use at least");
  await fillNewAccount(page, user);
  await page.getByRole("button", { name: "Create administrator" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${user.username}` })).toBeVisible();

  const answer = await page.goto(link ?? "");
  expect(answer?.status()).toBe(410);
  await expect(page.getByRole("heading", { name: "This link doesn't work" })).toBeVisible();
  await expectGood(page, "setup-gone");
});

test("closed sign-up is said, and nothing leads there", async ({ page, problems, ownServer }) => {
  problems.allow(/status of 403/);
  const server = await ownServer({ SIGNUP_ENABLED: "false" });
  await page.goto(`${server.base}/auth/login`);
  await expect(page.getByRole("link", { name: "Create an account" })).toHaveCount(0);
  const answer = await page.goto(`${server.base}/auth/signup`);
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole("heading", { name: "Sign-up is closed" })).toBeVisible();
  await expectGood(page, "signup-closed");
});

test("the settings' colors and name are the pages'", async ({ page, ownServer }) => {
  const server = await ownServer({ APP_NAME: "Acme", THEME: '{"mode":"single","light":{"primary":"#0f766e"}}' });
  await page.goto(`${server.base}/auth/login`);
  await expect(page.getByRole("heading", { name: "Sign in to Acme" })).toBeVisible();
  expect(await page.getByRole("button", { name: "Sign in", exact: true }).evaluate((button) => getComputedStyle(button).backgroundColor)).toBe("rgb(15, 118, 110)");
  await expect(page.getByRole("group", { name: "Colors" })).toHaveCount(0);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await page.locator("body").evaluate((body) => getComputedStyle(body).colorScheme)).toBe("light");
});
