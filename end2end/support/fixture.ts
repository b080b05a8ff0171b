// The `test` of every file here. It fails a test, also one whose own checks pass, on
//   an error in the console, an exception in the page, a violation of the content security policy,
//   an answer of 500 or more, or a request that got no answer (pages load nothing from anywhere else).
// What a test provokes on purpose it names first: `problems.allow(/status of 404/)`.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type BrowserContext, type Page, type Request } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";

import { startServer, type Server } from "./server";

export { expect };

/** Somebody nobody else in this run is. */
export interface User {
  username: string;
  email: string;
  password: string;
}

export function newUser(): User {
  const username = `u${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  return { username, email: `${username}@example.com`, password: `correct ${randomUUID()}` };
}

/** What pages ask by themselves, and change nothing by: while somebody types, and for the suggestion of a passkey. */
const QUESTIONS = /\/api\/(password-strength|[a-z-]+-prompt)$/;

/** What went wrong in the browser during one test. */
export class Problems {
  readonly #seen: string[] = [];
  readonly #allowed: RegExp[] = [];
  #over = false;

  /** From here on, and before: what matches is meant to happen in this test. */
  allow(pattern: RegExp): void {
    this.#allowed.push(pattern);
  }

  /** The test has ended: what open pages ask of a server that is stopped now is no fault of theirs. */
  end(): void {
    this.#over = true;
  }

  #note(line: string): void {
    if (!this.#over) this.#seen.push(line);
  }

  unexpected(): string[] {
    return this.#seen.filter((line) => !this.#allowed.some((pattern) => pattern.test(line)));
  }

  async watch(context: BrowserContext): Promise<void> {
    context.on("console", (message) => {
      if (message.type() !== "error") return;
      // Playwright's own scripts, such as the one below, do not run either in the frames that show mails.
      if (/^Blocked script execution in '[^']*\/dev\/mail\/[^']*\/html'/.test(message.text())) return;
      const { url, lineNumber } = message.location();
      this.#note(`console: ${message.text()} (${url}:${lineNumber})`);
    });
    context.on("weberror", (error) => this.#note(`exception: ${error.error().stack ?? error.error().message}`));
    const answered = new WeakSet<Request>();
    context.on("response", (response) => {
      answered.add(response.request());
      if (response.status() >= 500) {
        this.#note(`answer: ${response.status()} ${response.request().method()} ${response.url()}`);
      }
    });
    context.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "failed";
      // Scripts that are off count as blocked by policy; what the page's own policy blocks is reported below.
      if (why === "csp") return;
      // Leaving a page ends what it was still loading, or asking. A form that it was still sending is a fault of the test,
      // which went on before the answer was there.
      const asked = request.method() === "GET" || QUESTIONS.test(request.url());
      if (why === "net::ERR_ABORTED" && (asked || answered.has(request))) return;
      this.#note(`request: ${why} ${request.method()} ${request.url()}`);
    });
    // Chromium does not put every violation into the console; the page's own event has them all. Scripts are off in
    // the project nojs: there the console is what there is.
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(
          `CSP: ${event.violatedDirective} blocked ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
        );
      });
    });
  }
}

interface Fixtures {
  problems: Problems;
  /** A person of their own, made up, not signed up. */
  user: User;
  /** A page in another browser: other cookies, the same project's settings, watched as well. */
  otherBrowser: () => Promise<Page>;
  /** A server that nobody else uses, with these settings. */
  ownServer: (settings?: NodeJS.ProcessEnv) => Promise<Server>;
}

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => {
    const url = process.env["BASE_URL"];
    if (!url) throw new Error("BASE_URL is not set: support/server.ts did not run.");
    await use(url);
  },

  problems: [
    async ({ context }, use) => {
      const problems = new Problems();
      await problems.watch(context);
      await use(problems);
      expect(problems.unexpected(), "problems in the browser").toEqual([]);
    },
    { auto: true },
  ],

  user: async ({}, use) => {
    await use(newUser());
  },

  otherBrowser: async ({ browser, problems }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext(); // with the project's settings
      opened.push(context);
      await problems.watch(context);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },

  ownServer: async ({ problems }, use, info) => {
    const started: Server[] = [];
    await use(async (settings) => {
      const server = await startServer(`server-${info.testId}`, settings);
      started.push(server);
      return server;
    });
    problems.end();
    for (const server of started) await server.stop();
  },
});

/**
 * The page as it stands, in a browser that runs scripts, without the page's own: axe is a script, and can't look at a
 * page of the project `nojs` itself.
 */
async function copyForAxe(page: Page): Promise<Page> {
  const html = (await page.content()).replace(/<script\b[^>]*>[\s\S]*?<\/script>|<link\b[^>]*\bmodulepreload\b[^>]*>/gi, "");
  const context = await page.context().browser()?.newContext({ javaScriptEnabled: true, viewport: page.viewportSize() });
  if (!context) throw new Error("the page's browser is gone");
  const copy = await context.newPage();
  await copy.route(page.url(), (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: html }));
  await copy.goto(page.url());
  return copy;
}

/** axe finds nothing, in light and in dark. Looks at the page as it is: open dialogs and shown errors included. */
export async function expectAccessible(page: Page): Promise<void> {
  if (test.info().project.use.javaScriptEnabled === false) {
    const copy = await copyForAxe(page);
    await axe(copy);
    await copy.context().close();
  } else {
    await axe(page);
  }
}

async function axe(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const found = violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
    );
    expect(found, `axe, ${colorScheme}, ${page.url()}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Nothing is wider than the narrowest screen that we support. */
export async function expectFits(page: Page, width = 320): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth), `${page.url()} at ${width} px`).toBeLessThanOrEqual(width);
  if (before) await page.setViewportSize(before);
}

/**
 * With SCREENSHOTS=folder: `<name>-<light|dark>-<360|1440>.png` of the whole page, for people to look at, and by the
 * project `mobile` `<name>-<light|dark>-touch.png`. Without it, and in the project `nojs`, nothing.
 */
export async function screenshots(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  const { project } = test.info();
  if (!folder || project.name === "nojs") return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  const shoot = (colorScheme: string, size: number | string, fullPage: boolean) =>
    page.screenshot({ path: path.join(folder, `${name}-${colorScheme}-${size}.png`), fullPage, animations: "disabled" });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    if (project.name === "mobile") {
      // A picture of more than the screen would be made without its touch: so the screen grows.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width: 360, height });
      await shoot(colorScheme, "touch", false);
    } else {
      for (const width of [360, 1440]) {
        await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
        await shoot(colorScheme, width, true);
      }
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}
