"""uvicorn, made to hand a shared listening socket from one process to another without losing a request.

uvicorn's own shutdown closes idle keep-alive connections at once: a request that is on its way to one of them is lost.
Here a connection that shall end is told so in an answer (`Connection: close`), and is closed by us only after it was
idle for `grace` seconds. A connection that is older than `max_age` is told so too: what comes next may go to another pod.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from golden_paths.serve.status import Status

BACKLOG = 2048
KEEP_ALIVE = 75  # seconds; longer than the usual client keeps an idle connection, so that the client closes first
POLL = 0.05
JITTER = 0.2  # connections that began together do not all come back together


@dataclass
class Door:
    """One listening socket. While it is shut, answers on its connections carry `Connection: close`."""

    open: bool = False
    listener: asyncio.AbstractServer | None = None


class Connection(HttpToolsProtocol):
    """One client's connection, which came in by a door. Its answers from the age of `max_age` seconds on say close."""

    def __init__(self, *args: Any, door: Door, max_age: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.door, self.last_heard = door, self.loop.time()
        self.ends = self.last_heard + max_age * random.uniform(1 - JITTER, 1 + JITTER)

    def data_received(self, data: bytes) -> None:
        """Note when the client last spoke."""
        self.last_heard = self.loop.time()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """A request on a connection that came in by a door that is shut now, or has had its time, is its last."""
        super().on_headers_complete()
        if not self.door.open or self.last_heard >= self.ends:
            self.cycle.keep_alive = False

    def let_go(self) -> None:
        """Make the answer in flight the last one; once it has begun, the next one will be."""
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Idle from now on."""
        self.last_heard = self.loop.time()
        super().on_response_complete()

    def waits_for_client(self) -> bool:
        """Whether nothing is being computed or sent: between requests, or in the middle of one that stalls."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body


class Server(uvicorn.Server):
    """Listens on a private socket and, between SIGUSR1 and SIGUSR2, on a shared one; SIGTERM and SIGINT drain.

    `draining` is called when that begins.
    """

    def __init__(
        self,
        app: Any,
        *,
        private: socket.socket,
        stable: socket.socket | None,
        status: Status,
        grace: float,
        max_age: float = math.inf,
        draining: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="on",
                timeout_keep_alive=KEEP_ALIVE,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                log_level="warning",
            )
        )
        self.private_socket, self.stable_socket = private, stable
        self.status, self.grace, self.max_age = status, grace, max_age
        self.private, self.stable, self._draining = Door(), Door(), draining

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the private door; the shared one stays shut until SIGUSR1."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise SystemExit(1)
        await self._open(self.private, self.private_socket)
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals as events of the loop. uvicorn would raise them again at the end, and the exit code would not be 0."""
        loop = asyncio.get_running_loop()
        wishes: dict[signal.Signals, Callable[[], object]] = {
            signal.SIGTERM: self._end,
            signal.SIGINT: self._end,
            signal.SIGUSR1: lambda: loop.create_task(self.accept()),
            signal.SIGUSR2: self.refuse,
        }
        for number, wish in wishes.items():
            loop.add_signal_handler(number, wish)
        yield

    def _end(self) -> None:
        self.force_exit = self.should_exit  # a second signal does not wait
        self.should_exit = True

    async def accept(self) -> None:
        """Start accepting on the shared socket."""
        if self.stable_socket is not None and not self.stable.open and not self.should_exit:
            await self._open(self.stable, self.stable_socket)
            self.status.accepting = self.stable.open

    def refuse(self) -> None:
        """Stop accepting on the shared socket; connections that are open end with their next answer."""
        self._shut(self.stable)
        self.status.accepting = False

    async def _open(self, door: Door, listening: socket.socket) -> None:
        door.open = True
        # A duplicate: closing the listener must leave the inherited socket for the next time.
        listener = await asyncio.get_running_loop().create_server(
            lambda: self._connection(door), sock=listening.dup(), backlog=BACKLOG
        )
        if door.open:
            door.listener = listener
        else:  # shut again meanwhile
            listener.close()

    def _connection(self, door: Door) -> Connection:
        return Connection(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            _loop=None,
            door=door,
            max_age=self.max_age,
        )

    def _shut(self, door: Door) -> None:
        if door.listener is not None:
            door.listener.close()
        door.open, door.listener = False, None
        for connection in self._connections():
            if connection.door is door:
                connection.let_go()

    def _connections(self) -> list[Connection]:
        return [connection for connection in self.server_state.connections if isinstance(connection, Connection)]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain: answer what is in flight, tell each client with its next answer, close what stays idle."""
        self.status.state = "draining"
        self._draining()
        self.refuse()
        self._shut(self.private)
        for listening in (self.private_socket, self.stable_socket):
            if listening is not None:  # while a copy is open, the system goes on taking connections for us
                listening.close()
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (connections := self._connections()) and not self.force_exit:
            for connection in connections:
                idle = loop.time() - max(began, connection.last_heard)
                if connection.waits_for_client() and idle >= self.grace:
                    connection.transport.close()
            await asyncio.sleep(POLL)
        await self.lifespan.shutdown()
