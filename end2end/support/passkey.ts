// Chromium's virtual authenticators (WebAuthn Automation by CDP).
import type { CDPSession, Page } from "@playwright/test";

export interface Conduct {
  /** Whether whoever is there is found to be who they are; else nobody answers. */
  verified?: boolean;
  /** Whether it can check that at all. */
  checks?: boolean;
  /** A security key, which makes passkeys that are on it alone. */
  key?: boolean;
}

type Credential = Awaited<ReturnType<Authenticator["credentials"]>>[number];

/** A device with passkeys, plugged into one page. */
export class Authenticator {
  private constructor(
    readonly cdp: CDPSession,
    readonly id: string,
  ) {}

  static async plugInto(page: Page, conduct: Conduct = {}): Promise<Authenticator> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable", { enableUI: false });
    const checks = conduct.checks ?? true;
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: conduct.key ? "usb" : "internal",
        hasResidentKey: true,
        hasUserVerification: checks,
        isUserVerified: checks && (conduct.verified ?? true),
        automaticPresenceSimulation: true,
        defaultBackupEligibility: !conduct.key,
        defaultBackupState: !conduct.key,
      },
    });
    return new Authenticator(cdp, authenticatorId);
  }

  /** From now on whoever touches it is, or is not, found to be its owner. */
  async verifies(isUserVerified: boolean): Promise<void> {
    await this.cdp.send("WebAuthn.setUserVerified", { authenticatorId: this.id, isUserVerified });
  }

  /** Whether anybody touches it. */
  async touched(enabled: boolean): Promise<void> {
    await this.cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: this.id, enabled });
  }

  async credentials() {
    return (await this.cdp.send("WebAuthn.getCredentials", { authenticatorId: this.id })).credentials;
  }

  async removeAll(): Promise<void> {
    await this.cdp.send("WebAuthn.clearCredentials", { authenticatorId: this.id });
  }

  /** Winds the counter of its only passkey back: as on a copy that was made before. */
  async windBack(signCount: number): Promise<void> {
    const [credential] = await this.credentials();
    if (!credential) throw new Error("there is no passkey on it");
    await this.removeAll();
    await this.keep({ ...credential, signCount });
  }

  /** Puts a passkey on it that it had. */
  async keep(credential: Credential): Promise<void> {
    await this.cdp.send("WebAuthn.addCredential", { authenticatorId: this.id, credential });
  }

  async unplug(): Promise<void> {
    await this.cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: this.id });
  }
}
