"""A real SMTP server, an email reader and a DKIM verifier for the Rust tests.

serve OPTIONS (JSON): listens and prints {"port": …}. For each message that it accepts, it writes a line
to the file `taken` before it replies. The recipient's name selects what it does with a message:
    refused@   550 at RCPT            grey@   450 the first time      content@  554 after DATA
    hang@      accepts the message the first time and never replies
    drop@      accepts the message the first time and disconnects instead of replying
    repeats@   554 after DATA, and repeats the message's text
read FILE…: prints each message as a line of JSON. verify RECORD FILE…: whether its DKIM signature matches.
"""

import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, options):
        self.folder = options["folder"]
        self.count = 0
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return f"550 5.1.1 <{address}>: no such mailbox"
        if name == "grey" and address not in self.seen:
            self.seen.add(address)
            return "450 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        name = address.split("@")[0]
        if name == "content":
            return "554 5.7.1 looks like spam"
        if name == "repeats":
            text = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
            words = " ".join(text.get_body(("plain",)).get_content().split())
            return f"554 5.7.1 looks like spam: {words[:400]}"
        self.count += 1
        path = f"{self.folder}/{self.count}.eml"
        with open(path, "wb") as file:
            file.write(envelope.original_content)
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        user = session.auth_data.login.decode() if session.auth_data else None
        taken = {
            "path": path, "to": address, "from": envelope.mail_from, "id": str(message["message-id"]),
            "tls": server.transport.get_extra_info("sslcontext") is not None, "user": user,
        }
        with open(f"{self.folder}/taken", "a") as file:
            file.write(json.dumps(taken) + "\n")
        if name in ("hang", "drop") and address not in self.seen:
            self.seen.add(address)
            if name == "hang":
                await asyncio.sleep(3600)
            server.transport.abort()
        return "250 2.0.0 taken"


def authenticator(options):
    def check(server, session, envelope, mechanism, data):
        right = data.login == options["user"].encode() and data.password == options["password"].encode()
        return AuthResult(success=right, handled=False, auth_data=data)
    return check


async def serve(options):
    handler = Handler(options)
    context = None
    if options["mode"] in ("starttls", "tls"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
    needs_user = "user" in options

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            enable_SMTPUTF8=True,
            require_starttls=options["mode"] == "starttls",
            tls_context=context if options["mode"] == "starttls" else None,
            auth_required=needs_user,
            auth_require_tls=options["mode"] == "starttls",
            authenticator=authenticator(options) if needs_user else None,
        )

    async def silent(reader, writer):
        await asyncio.sleep(3600)

    loop = asyncio.get_running_loop()
    where = ("127.0.0.1", options.get("port", 0))
    if options["mode"] == "silent":
        server = await asyncio.start_server(silent, *where)
    else:
        server = await loop.create_server(session, *where, ssl=context if options["mode"] == "tls" else None)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    # Stop once the parent is gone, which closes its end of the pipe.
    await loop.run_in_executor(None, sys.stdin.read)


def read(path):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    print(json.dumps({
        "headers": [[name, str(value)] for name, value in message.items()],
        "type": message.get_content_type(),
        "text": parts.get("text/plain"), "html": parts.get("text/html"),
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
    }))


def verify(path, record):
    import dkim
    asked = []

    def txt(name, timeout=5):
        asked.append(name.decode() if isinstance(name, bytes) else name)
        return record.encode()

    with open(path, "rb") as file:
        right = dkim.verify(file.read(), dnsfunc=txt)
    print(json.dumps({"right": right, "asked": asked}))


if __name__ == "__main__":
    # aiosmtpd warns about servers without TLS, which some tests need.
    logging.disable(logging.CRITICAL)
    what, *rest = sys.argv[1:]
    if what == "serve":
        try:
            asyncio.run(serve(json.loads(rest[0])))
        finally:
            os._exit(0)
    elif what == "read":
        for path in rest:
            read(path)
    else:
        for path in rest[1:]:
            verify(path, rest[0])
