// Starts servers: a free port on loopback, a new DATA_DIR with its SQLite database, gone at the end. Two are shared by
// the whole run, of which the second sends mails; a test that needs a server in a state of its own starts another
// (fixture `ownServer`).
//
//   AUTHTUNA_BIN   the server's binary; the site is where LEPTOS_SITE_ROOT says (scripts/end2end sets both)
//   BASE_URL       a server that runs already, and MAIL_BASE_URL one that sends mails: nothing is started
//
// Tests read `process.env.BASE_URL` through Playwright's baseURL, and mails at /dev/mail of the second (support/mail.ts).
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const START_MS = 30_000;
const STOP_MS = 10_000;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = address && typeof address === "object" ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function emptyFile(name: string): string {
  writeFileSync(name, "");
  return name;
}

/** What a test run must have otherwise than a first `make serve`. */
function settings(port: number, data: string): NodeJS.ProcessEnv {
  const base = `http://localhost:${port}`;
  return {
    SERVER_ADDRESS: `127.0.0.1:${port}`,
    API_BASE_URL: base,
    DATA_DIR: data,
    DEFAULT_DATABASE_URI: `sqlite://${data}/authtuna.db`,
    // A clone's .env is its owner's, not the tests'.
    ENV_FILE_NAME: emptyFile(path.join(data, "empty.env")),
    // Every test comes from one address: what one of them provokes must not close the door for the others.
    MAX_LOGIN_ATTEMPTS_PER_IP: "0",
    MAX_SIGN_UPS_PER_IP: "0",
    MAX_MAIL_REQUESTS_PER_IP: "0",
    MAX_PASSKEY_PROMPTS_PER_IP: "0",
  };
}

/** Nothing of the caller's settings reaches the server: a test must not pass because of somebody's environment. */
function environment(): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|LANG|LC_.*|TMPDIR|LEPTOS_.*|RUST_BACKTRACE|RUST_LOG|AUTHTUNA_TEST_.*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name)));
}

async function untilReady(base: string, server: ChildProcess, log: string): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end && server.exitCode === null && server.signalCode === null) {
    try {
      const answer = await fetch(`${base}/readyz`, { signal: AbortSignal.timeout(1_000) });
      if (answer.ok) return;
    } catch {
      // Not listening yet.
    }
    await pause(50);
  }
  const why = server.exitCode === null && server.signalCode === null ? `was not ready in ${START_MS / 1000} s` : "ended";
  server.kill("SIGKILL");
  throw new Error(`The server ${why}. Its last output:\n${readFileSync(log, "utf8").slice(-4000)}`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.kill("SIGTERM");
  const giveUp = new AbortController();
  const late = await Promise.race([
    ended.then(() => false),
    pause(STOP_MS, true, { signal: giveUp.signal }).catch(() => false),
  ]);
  giveUp.abort();
  if (late) {
    server.kill("SIGKILL");
    await ended;
    throw new Error(`The server did not end within ${STOP_MS / 1000} s of SIGTERM.`);
  }
}

export interface Server {
  base: string;
  data: string;
  /** What it has printed so far. */
  output: () => string;
  /** Runs a command of the binary on the same database, as its operator would. */
  run: (...command: string[]) => string;
  stop: () => Promise<void>;
}

/** A server of its own, with these settings over the usual ones. */
export async function startServer(name: string, own: NodeJS.ProcessEnv = {}): Promise<Server> {
  const root = path.resolve(__dirname, "../..");
  const binary =
    process.env["AUTHTUNA_BIN"] ?? path.join(process.env["CARGO_TARGET_DIR"] ?? path.join(root, "target"), "debug/authtuna");
  const data = mkdtempSync(path.join(tmpdir(), "authtuna-e2e-"));
  const log = path.join(process.env["AUTHTUNA_E2E_RESULTS"] ?? data, `${name}.log`);
  const port = await freePort();
  const base = `http://localhost:${port}`;

  const output = openSync(log, "w");
  const env = { ...environment(), ...settings(port, data), ...own };
  const server = spawn(binary, ["serve"], {
    cwd: root,
    env,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const atExit = () => server.kill("SIGKILL");
  process.once("exit", atExit);
  server.once("error", (error) => console.error(`${binary}: ${error.message}`));

  try {
    await untilReady(base, server, log);
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
  return {
    base,
    data,
    output: () => readFileSync(log, "utf8"),
    run: (...command) => execFileSync(binary, command, { cwd: root, env, encoding: "utf8" }),
    stop: async () => {
      try {
        await stop(server);
      } finally {
        process.removeListener("exit", atExit);
        rmSync(data, { recursive: true, force: true });
      }
    },
  };
}

export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env["BASE_URL"]) return;
  const [server, mailing] = await Promise.all([startServer("server"), startServer("server-mail", { EMAIL_ENABLED: "true" })]);
  process.env["BASE_URL"] = server.base;
  process.env["MAIL_BASE_URL"] = mailing.base;
  return async () => {
    await Promise.all([server.stop(), mailing.stop()]);
  };
}
