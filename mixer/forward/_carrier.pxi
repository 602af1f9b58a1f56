# From an accepted packet of an in-stream to its taps and to everybody who takes it.

cdef enum:
    MOST_TAPPED = 128
    MOST_BUGS_LOGGED = 10


cdef struct Tapped:
    Packet packet
    int64_t arrival_ns
    int rotation


cdef class Carrier:
    """The usual case of `forwarder.Forwarder`; the rest is done by that very class."""

    cdef Outbox outbox
    cdef Counters drops
    cdef object fanout, batch  # None: nothing is left for others yet
    cdef dict streams
    cdef readonly int64_t now_ns
    cdef Tapped *tapped
    cdef int tapped_count

    def __cinit__(self):
        self.tapped = <Tapped *>calloc(MOST_TAPPED, sizeof(Tapped))
        if self.tapped == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.tapped)

    cdef void bug(self) noexcept with gil:
        """Inside an `except`: a bug costs this packet, never the process."""
        self.drops.note(INTERNAL_ERROR, 1)
        if self.drops.found[INTERNAL_ERROR] <= MOST_BUGS_LOGGED:
            log.exception("forward.bug")

    cdef object left(self):
        """What the call leaves to others; made when there is something."""
        if self.batch is None:
            self.batch = Batch()
        return self.batch

    cdef object finish(self):
        """Send what waits and return what is left."""
        with nogil:
            self.outbox.write_all()
        if self.outbox.streamed:
            self.left()
        batch, self.batch = self.batch, None
        return NOTHING if batch is None else batch

    # --- taps -----------------------------------------------------------------------------------

    cdef void tap(self, StreamCore stream, const Packet *packet, int64_t arrival_ns) noexcept nogil:
        cdef Tapped *told
        if self.tapped_count == MOST_TAPPED:
            self.tell_tapped_from_c()
        told = &self.tapped[self.tapped_count]
        told.packet = packet[0]
        told.arrival_ns = arrival_ns
        told.rotation = stream.rotation
        self.tapped_count += 1

    cdef void tell_tapped_from_c(self) noexcept with gil:
        try:
            self.tell_tapped()
        except Exception:
            self.bug()

    cdef int tell_tapped(self) except -1:
        """Make objects of what was tapped; its bytes lie where they arrived."""
        cdef int place, count = self.tapped_count
        cdef Tapped *told
        self.tapped_count = 0
        for place in range(count):
            told = &self.tapped[place]
            self.left().tapped.append(
                TappedPacket(
                    told.packet.stream,
                    told.packet.life,
                    told.packet.plain[1] & 0x7F,
                    bool(told.packet.is_keyframe),
                    told.packet.sequence,
                    told.arrival_ns,
                    told.packet.session_ns,
                    told.packet.plain[: told.packet.size],
                    told.rotation,
                )
            )
        return 0

    # --- routes ---------------------------------------------------------------------------------

    cdef void pass_on(self, StreamCore stream, const Packet *packet, int64_t arrival_ns) noexcept nogil:
        """See `Forwarder.pass_on`."""
        cdef int place = 0
        if stream.tapped:
            self.tap(stream, packet, arrival_ns)
        if PyList_GET_SIZE(<PyObject *>stream.leaving):
            self.pass_late(<PyObject *>stream, packet)
        if not stream.known_routes.count:
            return
        if not stream.is_audio:
            stream.ring.keep(packet, self.now_ns)
        while place < stream.known_routes.count:
            if not self.offer(stream, <OutCore>stream.known_routes.outs[place], packet):
                self.offer_slowly(<PyObject *>stream, stream.known_routes.outs[place], packet)
            place += 1

    cdef void pass_late(self, PyObject *stream, const Packet *packet) noexcept with gil:
        try:
            self.fanout._forwarder.pass_late(<object>stream, media_packet(packet), self.now_ns)
        except Exception:
            self.bug()

    cdef void offer_slowly(self, PyObject *stream, PyObject *out, const Packet *packet) noexcept with gil:
        try:
            self.fanout._forwarder.offer(
                <object>stream, <object>out, media_packet(packet), self.now_ns, self.left()
            )
        except Exception:
            self.bug()

    cdef bint offer(self, StreamCore stream, OutCore out, const Packet *packet) noexcept nogil:
        """Send a packet to one receiver; False: something about it is unusual."""
        cdef int negotiated
        if not out.is_ready():
            if out.paused:
                out.drops.note(PAUSED, 1)
            return True
        if out.current_id != stream.stream:
            return not packet.is_keyframe
        if out._numbering.current is None:
            return False
        if (
            out._numbering.current.life != packet.life
            or packet.sequence < out._numbering.current.start
        ):
            return False
        negotiated = out.media_as[packet.plain[1] & 0x7F]
        if negotiated < 0 or out.keeps[negotiated] or packet.plain[1] & 0x7F == RED:
            return False
        if not out.is_audio and out.peer.pacer.overruns(packet.timestamp != out._frame_timestamp):
            return False
        self.send(out, packet)
        return True

    cdef void send(self, OutCore out, const Packet *packet) noexcept nogil:
        """Write, protect and queue a packet that has its place."""
        cdef uint8_t *at = self.outbox.room()
        cdef uint8_t *payload
        cdef int sequence_at, time_at
        cdef int octets = packet.size - HEADER_BYTES
        cdef int size = HEADER_BYTES
        cdef int64_t before = out._numbering.next_sequence
        out.write(at, packet, out._numbering.current)
        size += out.extensions.write(
            at + HEADER_BYTES, packet.level, packet.orientation, &sequence_at, &time_at
        )
        if size > HEADER_BYTES:
            at[0] |= 0x10
        if size + octets > MOST_SRTP:
            # Nothing longer than a packet that arrived is written; protecting refuses it by name.
            octets = max(MOST_SRTP - size, 0)
        payload = at + size
        memcpy(payload, packet.plain + HEADER_BYTES, octets)
        size += octets
        if has_pictures(packet):
            out.renumber(payload, packet, out._numbering.current)
        out._numbering.pass_number(out._numbering.current, packet)
        out.note_place(packet, out._numbering.current, before)
        if sequence_at:
            sequence_at += HEADER_BYTES
        if time_at:
            time_at += HEADER_BYTES
        if out.is_audio or out.peer.pacer.passes(self.now_ns):
            self.transmit(out, at, size, octets, sequence_at, time_at)
        else:
            self.hold(out, at, size, octets, sequence_at, time_at)

    cdef void hold(
        self, OutCore out, const uint8_t *at, int size, int octets, int sequence_at, int time_at
    ) noexcept nogil:
        """Let a packet wait for its peer's line."""
        cdef bint is_first = out.peer.pacer.waiting == 0
        cdef Waiting *waiting = out.peer.pacer.hold(<PyObject *>out, at, size)
        if waiting == NULL:
            out.drops.note(PACER_FULL, 1)
            return
        waiting.octets = octets
        waiting.sequence_at = sequence_at
        waiting.time_at = time_at
        if is_first:
            self.note_busy(<PyObject *>out.peer)

    cdef void note_busy(self, PyObject *peer) noexcept with gil:
        try:
            self.fanout._sender.note_busy(<object>peer)
            self.left()  # the caller has to ask when the next poll is due
        except Exception:
            self.bug()

    def release_busy(self, dict busy, int64_t now_ns):
        """See `Sender.poll`; who has more than media waiting is left to that class."""
        cdef PeerCore peer
        for peer in list(busy.values()):
            if peer.pacer._again_octets:
                self.fanout._sender.poll_peer(peer, now_ns)
                continue
            self.release(peer, now_ns)
            if peer.probe is not None:
                self.fanout._sender.go_on_probing(peer, peer.probe, now_ns)
            if not peer.pacer.waiting and peer.probe is None:
                busy.pop(peer.peer, None)

    cpdef release(self, PeerCore peer, int64_t now_ns):
        """Send the media whose time has come."""
        cdef PacerCore pacer = peer.pacer
        cdef Waiting *waiting = pacer.next_due(now_ns)
        cdef uint8_t *at
        self.now_ns = now_ns
        while waiting != NULL:
            if waiting.packet != NULL:
                packet = <object>waiting.packet
                pacer.release_object(waiting)
                pacer.drop_first()
                self.fanout._sender.transmit(peer, packet, now_ns)
            else:
                at = self.outbox.room()
                memcpy(at, waiting.at, waiting.size)
                self.transmit(
                    <OutCore>waiting.out, at, waiting.size, waiting.octets,
                    waiting.sequence_at, waiting.time_at,
                )
                pacer.drop_first()
            waiting = pacer.next_due(now_ns)

    cdef void transmit(
        self, OutCore out, uint8_t *at, int size, int octets, int sequence_at, int time_at
    ) noexcept nogil:
        """See `Sender.transmit`."""
        out.packets += 1
        out.octets += octets
        out.sent_packets += 1
        out.sent_octets += octets
        self.leave(out, at, size, sequence_at, time_at, 0)

    cdef int leave(
        self, OutCore out, uint8_t *at, int size, int sequence_at, int time_at, int cluster
    ) noexcept nogil:
        """Number, protect and queue a packet; return its length, 0: dropped."""
        cdef int protected
        if sequence_at:
            write16(at + sequence_at, out.peer.sent.next_number & 0xFFFF)
        if time_at:
            write_time(at + time_at, self.now_ns)
        protected = self.outbox.protect_here(out.peer, out.drops, size)
        out.peer.pacer.spend(protected if protected else size, self.now_ns)
        if protected and sequence_at:
            out.peer.sent.note(self.now_ns, protected, cluster)
        return protected

    # --- made by workers ------------------------------------------------------------------------

    def inject(self, list packets, int64_t now_ns):
        """See `interface.Fanout`."""
        self.now_ns = now_ns
        self.tapped_count = 0
        for injected in packets:
            try:
                self.inject_one(injected)
            except Exception:
                self.bug()
        self.tell_tapped()
        return self.finish()

    cdef int inject_one(self, injected) except -1:
        cdef Packet packet
        cdef bytes plain
        cdef StreamCore stream
        cdef int canonical
        cdef bint begins
        number, is_keyframe, sequence, session_ns, plain = injected
        known = self.streams.get(number)
        if known is None or known.peer is not None:
            self.drops.note(UNKNOWN_STREAM, 1)
            return 0
        stream = known
        packet.plain = <uint8_t *><const char *>plain
        packet.size = <int>len(plain)
        if packet.size <= HEADER_BYTES or packet.plain[0] != PLAIN:
            stream.drops.note(MALFORMED_RTP, 1)
            return 0
        packet.sequence = sequence
        if stream.see(packet.sequence) != NEW:
            # A number sent twice with other bytes would break the receivers' encryption.
            stream.drops.note(DUPLICATE, 1)
            return 0
        canonical = packet.plain[1] & 0x7F
        packet.stream = number
        packet.life = stream.life
        packet.session_ns = session_ns
        packet.timestamp = read32(packet.plain + 4)
        packet.level = packet.orientation = -1
        begins = self.note_keyframe(
            stream, canonical, packet.timestamp, packet.sequence,
            packet.plain + HEADER_BYTES, packet.size - HEADER_BYTES,
        )
        packet.is_keyframe = begins or is_keyframe
        read_pictures(canonical, &packet)
        stream.payload_type = canonical
        stream.last_packet_ns = self.now_ns
        stream.packets += 1
        stream.octets += packet.size - HEADER_BYTES
        with nogil:
            self.pass_on(stream, &packet, 0)
        return 0

    cdef bint note_keyframe(
        self,
        StreamCore stream,
        int canonical,
        uint32_t timestamp,
        int64_t number,
        const uint8_t *payload,
        int size,
    ) noexcept nogil:
        """See `ingress.note_keyframe`."""
        cdef int start
        if stream.is_audio or timestamp == stream.keyframe_timestamp:
            return False
        start = keyframe_start(canonical, payload, size)
        if start == NONE:
            return False
        if start == BARE and (stream.has_parameter_sets or not stream.has_seen(number - 1)):
            return False
        stream.has_parameter_sets = start == WHOLE
        stream.keyframe_timestamp = timestamp
        stream.keyframes += 1
        self.open_gate(<PyObject *>stream)
        return True

    cdef void open_gate(self, PyObject *stream) noexcept with gil:
        try:
            (<object>stream).gate.on_keyframe((<StreamCore>stream).stream)
        except Exception:
            self.bug()


cdef inline void write_time(uint8_t *at, int64_t now_ns) noexcept nogil:
    """6.18 fixed point seconds, wrapping each 64 s."""
    cdef int64_t stamp = scaled(now_ns, 1 << 18, SECOND_NS)
    at[0] = (stamp >> 16) & 0xFF
    at[1] = (stamp >> 8) & 0xFF
    at[2] = stamp & 0xFF
