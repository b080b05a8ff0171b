// The account pages.
import { expect, newUser, test } from "../support/fixture";
import { errorOf, expectGood, fillSignIn, password, signIn, signUp } from "../support/portal";

test("the overview shows the account at a glance", async ({ page, user }) => {
  await signUp(page, user);
  await expect(page.getByRole("heading", { name: user.email })).toBeVisible();
  await expect(page.getByRole("img", { name: "1 of 2 protections in place" })).toBeVisible();
  await expect(page.getByText("Signed in on 1 device")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Account created" })).toBeVisible();
  await expectGood(page, "overview");
  await page.getByRole("button", { name: "Account menu" }).click();
  await expect(page.getByRole("group", { name: "Account menu" })).toContainText(user.email);
  await expectGood(page, "overview-menu");
});

test("every place is one click away, and says that it is the one", async ({ page, user }) => {
  await signUp(page, user);
  const places = page.getByRole("navigation", { name: "Account pages" });
  for (const place of ["Profile", "Security", "Sessions", "Activity", "Overview"]) {
    await places.getByRole("link", { name: place }).click();
    await expect(places.getByRole("link", { name: place })).toHaveAttribute("aria-current", "page");
    await expect(page).toHaveTitle(`${place} · AuthTuna`);
  }
});

test("the profile is changed", async ({ page, user }) => {
  await signUp(page, user);
  const next = newUser();
  await page.goto("/ui/profile");
  await page.getByLabel("Username").fill(next.username);
  await page.getByLabel(/^First name/).fill("Maria");
  await page.getByLabel(/^Last name/).fill("Rossi");
  await expectGood(page, "profile");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Your changes are saved.");
  await expect(page.getByLabel(/^First name/)).toHaveValue("Maria");
  await expectGood(page, "profile-saved");
  // The message appears only once.
  await page.reload();
  await expect(page.getByRole("status")).toHaveCount(0);
  await page.goto("/ui/dashboard");
  await expect(page.getByRole("heading", { name: "Hello, Maria" })).toBeVisible();
});

test("a username that looks like another's is refused, and what was typed stays", async ({ page, problems, user, otherBrowser }) => {
  problems.allow(/status of 409|status of 422/);
  const taken = newUser();
  await signUp(await otherBrowser(), taken);
  await signUp(page, user);
  await page.goto("/ui/profile");
  await page.getByLabel("Username").fill(taken.username);
  await page.getByLabel(/^First name/).fill("Maria");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(errorOf(page, "username")).toContainText("That username is taken");
  await expect(page.getByLabel("Username")).toHaveValue(taken.username);
  await expect(page.getByLabel(/^First name/)).toHaveValue("Maria");
  await expectGood(page, "profile-error");
});

test("the password is changed: others are signed out, the old one no longer counts", async ({ page, problems, user, otherBrowser }) => {
  problems.allow(/status of 401|status of 403|status of 422/);
  await signUp(page, user);
  const other = await otherBrowser();
  await signIn(other, user);

  await page.goto("/ui/settings");
  await expectGood(page, "security");
  const next = "seven quiet tunas under green lamps";
  await password(page, "Current password").fill("not my password");
  await password(page, "New password").fill(next);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(errorOf(page, "current_password")).toHaveText("That's not your current password.");
  await expectGood(page, "security-error");

  await password(page, "Current password").fill(user.password);
  await password(page, "New password").fill("password123");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(errorOf(page, "password")).toContainText(/easy to guess|most common/);

  await password(page, "Current password").fill(user.password);
  await password(page, "New password").fill(next);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("status")).toHaveText("Your password is changed. You are signed out everywhere else.");

  await other.goto("/ui/dashboard");
  await expect(other).toHaveURL(/\/auth\/login/);
  await fillSignIn(other, user.username, user.password);
  await expect(errorOf(other, "password")).toHaveText("That username and password don't match.");
  await signIn(other, { ...user, password: next });
});

test("two sessions are seen, and one is ended", async ({ page, user, otherBrowser }) => {
  await signUp(page, user);
  await page.goto("/ui/settings/sessions");
  await expect(page.getByRole("heading", { name: "You're only signed in here" })).toBeVisible();
  await expectGood(page, "sessions-one");

  const other = await otherBrowser();
  await signIn(other, user);
  await page.reload();
  const list = page.getByRole("region", { name: "Your sessions" }).getByRole("listitem");
  await expect(list).toHaveCount(2);
  await expect(list.filter({ hasText: "This device" })).toHaveCount(1);
  await expectGood(page, "sessions-two");

  await page.getByRole("button", { name: /^End the session of/ }).click();
  const dialog = page.getByRole("dialog", { name: "End this session?" });
  await expect(dialog).toBeVisible();
  await expectGood(page, "sessions-confirm");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: /^End the session of/ }).click();
  await dialog.getByRole("button", { name: "End session" }).click();
  await expect(page.getByRole("status")).toHaveText("The session has ended.");
  await expect(list).toHaveCount(1);

  // The ended session is refused on its very next request.
  await other.goto("/ui/profile");
  await expect(other).toHaveURL(/\/auth\/login\?next=%2Fui%2Fprofile$/);
});

test("all other sessions are ended at once", async ({ page, user, otherBrowser }) => {
  await signUp(page, user);
  const others = [await otherBrowser(), await otherBrowser()];
  for (const other of others) await signIn(other, user);
  await page.goto("/ui/settings/sessions");
  await page.getByRole("button", { name: "End all other sessions" }).click();
  const dialog = page.getByRole("dialog", { name: "End all other sessions?" });
  await expect(dialog).toContainText("2 other devices");
  await dialog.getByRole("button", { name: "End all other sessions" }).click();
  await expect(page.getByRole("status")).toHaveText("2 other sessions have ended. You are only signed in here now.");
  for (const other of others) {
    await other.reload();
    await expect(other).toHaveURL(/\/auth\/login/);
  }
  await page.goto("/ui/dashboard");
  await expect(page.getByText("Signed in on 1 device")).toBeVisible();
});

test("a form of a session that has ended says so", async ({ page, problems, user, otherBrowser }) => {
  problems.allow(/status of 401/);
  await signUp(page, user);
  await page.goto("/ui/profile");
  const other = await otherBrowser();
  await signIn(other, user);
  await other.goto("/ui/settings/sessions");
  await other.getByRole("button", { name: "End all other sessions" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "End all other sessions" }).click();
  await expect(other.getByRole("status")).toBeVisible();

  await page.getByLabel(/^First name/).fill("Maria");
  await page.getByRole("button", { name: "Save changes" }).click();
  // With scripts, the page keeps everything that was typed and shows a message; without, the
  // browser is redirected to the sign-in page.
  await expect(page.getByText("You're no longer signed in. Sign in again.").or(page.getByRole("heading", { name: "Sign in to AuthTuna" }))).toBeVisible();
});

test("activity comes by pages, newest first", async ({ page, problems, user }) => {
  problems.allow(/status of 422/);
  await signUp(page, user);
  await page.goto("/ui/activity");
  await expectGood(page, "activity");
  // Playwright's own requests do not have the browser's cookies, nor the headers of the session's
  // fingerprint.
  const own = await (await page.reload())?.request().allHeaders();
  const known = Object.fromEntries(["cookie", "user-agent", "accept-language"].map((name) => [name, own?.[name] ?? ""]));
  for (let change = 0; change < 26; change += 1) {
    const answer = await page.request.post("/api/update-profile", {
      form: { username: user.username, first_name: `Maria ${change}`, last_name: "" },
      headers: { ...known, accept: "application/json" },
    });
    expect(answer.status()).toBe(200);
  }
  await page.reload();
  const list = page.getByRole("region", { name: "Events" }).getByRole("listitem");
  await expect(list).toHaveCount(25);
  await expect(list.first()).toContainText("Profile changed");
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page.getByText("That's everything.")).toBeVisible();
  await expect(list.last()).toContainText("Account created");
  await expectGood(page, "activity-end");
  await page.getByRole("link", { name: "Newest" }).click();
  await expect(page).toHaveURL(/\/ui\/activity$/);

  const answer = await page.goto("/ui/activity?after=nonsense");
  expect(answer?.status()).toBe(422);
  await expect(page.getByText("There is no such page of this list.")).toBeVisible();
});
