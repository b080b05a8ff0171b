// A server that sends no emails.
import { expect, test } from "../support/fixture";
import { expectGood } from "../support/portal";

test("without mails nothing leads to pages that need them, and those say so", async ({ page, problems }) => {
  problems.allow(/status of 404/);
  await page.goto("/auth/login");
  await expect(page.getByRole("link", { name: "Forgot your password?" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "E-mail me a sign-in link" })).toHaveCount(0);
  for (const path of ["/auth/passwordless", "/auth/forgot-password"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "This site sends no e-mail" })).toBeVisible();
  }
  await expectGood(page, "mail-off");
  expect((await page.goto("/dev/mail"))?.status()).toBe(404);
});
