"""Messages between pages and server, version 1.

One Socket.IO connection per device, default namespace. Five events:

* ``request`` (client to server): `RequestEnvelope`; exactly one `AnswerEnvelope`
  or `ErrorEnvelope` with the same ``id`` comes back as ``answer`` or ``error``;
* ``state`` (server to client): `StateMessage`, a snapshot or a delta;
* ``notice`` (server to client): `NoticeEnvelope`, things that are not state;
* ``levels`` (server to client): `Levels`, while asked for.

``web/wire.ts`` is generated from these types (`python -m server.generate_wire`).
"""
