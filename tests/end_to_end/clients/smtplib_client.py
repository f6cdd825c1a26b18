"""Brings the mail in a file to a server, with nothing but Python's standard library.

smtplib_client.py WAY HOST:PORT FILE TO CA LOGIN, with the password on standard input.
"""

import smtplib
import ssl
import sys

way, server, file, to, ca, login = sys.argv[1:]
host, port = server.rsplit(":", 1)
password = sys.stdin.readline().rstrip("\n")
with open(file, "rb") as mail:
    message = mail.read()

context = ssl.create_default_context(cafile=ca)
# The certificate is for a name, and here is an address.
context.check_hostname = False

if way == "lmtp":
    client = smtplib.LMTP(host, int(port), local_hostname="python.example")
elif way == "implicit":
    client = smtplib.SMTP_SSL(host, int(port), "python.example", context=context)
else:
    client = smtplib.SMTP(host, int(port), "python.example")
with client:
    if way == "starttls":
        client.ehlo()
        client.starttls(context=context)
    if way in ("starttls", "implicit"):
        client.ehlo()
        client.login(login, password)
    refused = client.sendmail("kunde@outside.example", [to], message)
    assert not refused, refused
