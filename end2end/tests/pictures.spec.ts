// Screenshots for documents, which `make pictures` takes of a product with a signed-in user.
import { expect, screenshots, test } from "../support/fixture";
import { signIn, signUp } from "../support/portal";

test("the picture of the README", async ({ page, user, otherBrowser, ownServer }) => {
  test.skip(!process.env["SCREENSHOTS"] || test.info().project.name !== "hydrate", "make pictures");
  const server = await ownServer({ APP_NAME: "Acme" });
  const maria = { ...user, username: "maria", email: "maria@example.org" };
  await signUp(page, maria, server.base);
  await page.goto(`${server.base}/ui/profile`);
  await page.getByLabel(/^First name/).fill("Maria");
  await page.getByLabel(/^Last name/).fill("Rossi");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toBeVisible();
  await signIn(await otherBrowser(), maria, server.base);
  await page.goto(`${server.base}/ui/dashboard`);
  await screenshots(page, "readme");
});
