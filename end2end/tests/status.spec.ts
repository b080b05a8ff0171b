// Pages that explain why there is no page.
import { expect, test } from "../support/fixture";
import { expectGood, signUp } from "../support/portal";

test("what is not there is said, with a way on", async ({ page, problems }) => {
  problems.allow(/status of 404/);
  const answer = await page.goto("/no/such/page");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await expectGood(page, "not-found");
  await page.getByRole("link", { name: "Go to the start page" }).click();
  await expect(page).toHaveURL(/\/auth\/login$/);
});

test("a forged cookie opens nothing and breaks nothing", async ({ page, context, baseURL }) => {
  const name = "__Host-session_token";
  for (const value of ["x", "gAAAAABkAAAA", "%00%ff", "a".repeat(3000)]) {
    await context.addCookies([{ name, value, url: baseURL?.replace("http:", "https:") ?? "", secure: true }]);
    const answer = await page.goto("/ui/dashboard");
    expect(answer?.status()).toBe(200);
    await expect(page).toHaveURL(/\/auth\/login/);
  }
});

test("a page has the language and the title that readers need", async ({ page, user }) => {
  await signUp(page, user);
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("html")).toHaveAttribute("dir", "ltr");
});
