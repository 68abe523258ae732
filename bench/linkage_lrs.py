"""A loopback LRS that does nothing but serve: statements made beforehand, page by page.

``python bench/linkage_lrs.py PORT FILE``: FILE holds one line ``stored<TAB>statement`` (JSON) each,
oldest first. It answers ``GET …/statements`` with since and limit, and ``more``.
"""

import asyncio
import sys
from bisect import bisect_right
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Lrs(asyncio.Protocol):
    """One kept connection; ``stored`` and ``statements`` are lists of text and of bytes."""

    stored, statements = [], []

    def connection_made(self, transport):
        self.transport, self.waiting = transport, b""

    def data_received(self, data):
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            self.transport.write(self.answer(head.split(b" ", 2)[1].decode()))

    def answer(self, target):
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        limit = int(query.get("limit", 100))
        begin = int(query.get("from") or bisect_right(self.stored, query.get("since", "")))
        end = min(begin + limit, len(self.statements))
        more = f"/xapi/more?from={end}&limit={limit}" if end < len(self.statements) else ""
        body = b'{"statements":[' + b",".join(self.statements[begin:end])
        body += b'],"more":"' + more.encode() + b'"}'
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        head += f"X-Experience-API-Consistent-Through: {datetime.now(UTC).isoformat()}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


async def serve(port):
    server = await asyncio.get_running_loop().create_server(Lrs, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    for line in Path(sys.argv[2]).read_bytes().splitlines():
        moment, _, one = line.partition(b"\t")
        Lrs.stored.append(moment.decode())
        Lrs.statements.append(one)
    asyncio.run(serve(int(sys.argv[1])))
