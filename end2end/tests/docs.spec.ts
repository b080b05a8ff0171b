// The API reference.
import { expect, test } from "../support/fixture";
import { expectGood } from "../support/portal";

test("the API is read without signing in, and nothing is loaded for it", async ({ page }) => {
  test.slow(); // axe checks a long page, twice
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(request.url());
  });
  await page.goto("/docs");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("The API of");
  const route = page.locator("details#get_admin_access_explain");
  await expect(route.getByText("Of other users, the caller sees")).toBeHidden();
  await route.locator("summary").click();
  await expect(route.getByText("Of other users, the caller sees")).toBeVisible();
  await expectGood(page, "docs");
  await expect(page.getByRole("link", { name: "OpenAPI document" })).toHaveAttribute("href", "/openapi.json");
  expect(scripts).toEqual([]);
});
