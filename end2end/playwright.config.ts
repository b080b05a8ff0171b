// Browser tests of the portal. `make test-e2e` builds what they need and runs them; scripts/end2end
// only runs them.
import { defineConfig, devices } from "@playwright/test";
import path from "node:path";

// Without a network, Chromium's own background traffic would time out and log errors to the
// console.
const quiet = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const desktop = { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 900 } };
const results = process.env["AUTHTUNA_E2E_RESULTS"] ?? path.join(__dirname, "test-results");

export default defineConfig({
  testDir: "./tests",
  outputDir: path.join(results, "failures"),
  globalSetup: require.resolve("./support/server"),
  fullyParallel: true,
  workers: 2,
  // A test that passes only sometimes is a bug to fix.
  retries: 0,
  forbidOnly: Boolean(process.env["CI"]),
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: [["list"], ["html", { outputFolder: path.join(results, "report"), open: "never" }]],
  use: {
    locale: "en-US",
    timezoneId: "UTC",
    contextOptions: { reducedMotion: "reduce" },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium-headless-shell",
      args: quiet,
    },
  },
  // Every test file runs in each project. Tests that need JavaScript say
  // `test.skip(({ javaScriptEnabled }) => …)`.
  projects: [
    { name: "hydrate", use: desktop },
    { name: "nojs", use: { ...desktop, javaScriptEnabled: false } },
    { name: "mobile", use: { ...desktop, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } },
  ],
});
