// Mails, read as people read them: in the browser, at /dev/mail of the server that writes them.
import type { Page } from "@playwright/test";

import { expect } from "./fixture";

/** The shared server that sends mails. */
export function mailServer(): string {
  const url = process.env["MAIL_BASE_URL"];
  if (!url) throw new Error("MAIL_BASE_URL is not set: support/server.ts did not run.");
  return url;
}

/** The newest mail to `address` with this subject, opened in a tab of its own. */
export async function openMail(page: Page, address: string, subject: string | RegExp, base = mailServer()): Promise<Page> {
  const tab = await page.context().newPage();
  const line = tab.getByRole("listitem").filter({ hasText: address }).filter({ hasText: subject }).first();
  await expect(async () => {
    await tab.goto(`${base}/dev/mail`);
    await expect(line).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 10_000, intervals: [100] });
  await line.getByRole("link").click();
  await expect(tab.getByRole("heading", { level: 1 })).toContainText(subject);
  return tab;
}

/** Where the mail's link leads. */
export async function linkOf(page: Page, address: string, subject: string | RegExp, base = mailServer()): Promise<string> {
  const mail = await openMail(page, address, subject, base);
  const link = await mail.locator("pre a", { hasText: "?token=" }).first().getAttribute("href");
  await mail.close();
  expect(link).not.toBeNull();
  return link ?? "";
}

/** The mail's six digits. */
export async function codeOf(page: Page, address: string, subject: string | RegExp, base = mailServer()): Promise<string> {
  const mail = await openMail(page, address, subject, base);
  // The code has a line of its own; an address may contain six digits too.
  const code = /^\s*(\d{3} ?\d{3})\s*$/m.exec(await mail.locator("pre").innerText())?.[1];
  await mail.close();
  expect(code).toBeDefined();
  return code ?? "";
}
