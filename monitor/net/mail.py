"""Hands a message to an SMTP server, over a socket that the guard has judged."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping

import aiosmtplib

from monitor.net.answers import system_words
from monitor.net.connect import AddressRefused, Hop, Names, open_socket
from monitor.net.guard import MAIL_PORTS, Allowed
from monitor.notice import Mail, Reply

# Longer than a web request: mail servers scan and delay on purpose, and a message given up too soon comes twice.
_SECONDS = 60.0


async def send_mail(mail: Mail, names: Names, allowed: Allowed, tls: ssl.SSLContext) -> Reply:
    """250 when it was taken, `error` naming any recipient who was not; the server's code when it took it for nobody.

    0 when there was no answer.
    """
    where = f"{mail.host}:{mail.port}"
    try:
        async with asyncio.timeout(_SECONDS):
            hop = Hop(mail.host, allowed, MAIL_PORTS)
            link = await open_socket(mail.host, mail.port, names, hop)
            return await _hand_over(mail, link, tls)
    except AddressRefused as error:
        return Reply(0, error=f"{where}: {error}")
    except TimeoutError:
        return Reply(0, error=f"{where}: no answer within {_SECONDS:.0f} s")
    except aiosmtplib.SMTPRecipientsRefused as error:
        # The mildest code decides whether it is tried again.
        code = min(one.code for one in error.recipients)
        return Reply(code, error=_not_taken({one.recipient: (one.code, one.message) for one in error.recipients}))
    except aiosmtplib.SMTPResponseException as error:
        return Reply(error.code, body=error.message.encode(), error=f"{where} answered {error.code} {error.message}")
    except aiosmtplib.SMTPException as error:
        return Reply(0, error=f"{where}: {type(error).__name__}: {error}")
    except ssl.SSLError:
        return Reply(0, error=f"{where}: no secure connection could be agreed on (TLS)")
    except socket.gaierror:
        return Reply(0, error=f"{where}: the host name cannot be found")
    except OSError as error:
        return Reply(0, error=f"{where}: {system_words(error)}")


async def _hand_over(mail: Mail, link: socket.socket, tls: ssl.SSLContext) -> Reply:
    # The socket belongs to the client from here on, and is closed with it.
    client = aiosmtplib.SMTP(
        hostname=mail.host,
        sock=link,
        use_tls=mail.security == "tls",
        start_tls=mail.security == "starttls",
        tls_context=tls if mail.security != "none" else None,
        local_hostname=socket.gethostname(),
        timeout=_SECONDS,
    )
    try:
        await client.connect()
        if mail.username:
            await client.login(mail.username, mail.password)
        refused, _ = await client.sendmail(mail.sender, list(mail.recipients), mail.message)
        with contextlib.suppress(aiosmtplib.SMTPException):
            await client.quit()
    finally:
        taken = client.transport is not None
        client.close()
        if not taken:
            link.close()
    return Reply(250, error=_not_taken(refused) if refused else "")


def _not_taken(recipients: Mapping[str, tuple[int, str]]) -> str:
    return "not taken: " + "; ".join(f"{name}: {code} {message}" for name, (code, message) in recipients.items())
