"""Hands a message to an SMTP server, over a socket that the guard has judged."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

import aiosmtplib

from monitor.net.connect import AddressRefused, Hop, Names, open_socket
from monitor.net.guard import MAIL_PORTS, Allowed
from monitor.notice import Mail, Reply

# Longer than a web request: mail servers scan and delay on purpose, and a message given up too soon comes twice.
_SECONDS = 60.0


async def send_mail(mail: Mail, names: Names, allowed: Allowed, tls: ssl.SSLContext) -> Reply:
    """250 when every recipient was taken; the server's own code when it refused; 0 when there was no answer."""
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
        return _refused([(one.recipient, one.code, one.message) for one in error.recipients])
    except aiosmtplib.SMTPResponseException as error:
        return Reply(error.code, body=error.message.encode(), error=f"{where} answered {error.code} {error.message}")
    except aiosmtplib.SMTPException as error:
        return Reply(0, error=f"{where}: {type(error).__name__}: {error}")
    except ssl.SSLError:
        return Reply(0, error=f"{where}: no secure connection could be agreed on (TLS)")
    except socket.gaierror:
        return Reply(0, error=f"{where}: the host name cannot be found")
    except OSError as error:
        return Reply(0, error=f"{where}: {(error.strerror or 'no connection').lower()}")


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
    if refused:
        return _refused([(name, code, message) for name, (code, message) in refused.items()])
    return Reply(250)


def _refused(recipients: list[tuple[str, int, str]]) -> Reply:
    """Some or all recipients were not taken: the mildest code decides whether it is tried again."""
    words = "; ".join(f"{name}: {code} {message}" for name, code, message in recipients)
    return Reply(min(code for _, code, _ in recipients), body=words.encode(), error=f"not taken: {words}")
