# When packets are read, and when somebody else has to have a turn. See `turns.py`.

cdef int READ_AT_ONCE = turning.READ_AT_ONCE
cdef int64_t GATHER_NS = turning.GATHER_NS
cdef int64_t CALM_NS = turning.CALM_NS
cdef int64_t EARLY_NS = turning.EARLY_NS
cdef int64_t LATE_NS = turning.LATE_NS
cdef int64_t NEVER = <int64_t>1 << 62
cdef int PACKETS_TURN = turning.PACKETS
cdef int OTHERS_TURN = turning.OTHERS


cdef inline int64_t clock_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <int64_t>now.tv_sec * SECOND_NS + now.tv_nsec


cdef class Waiter:
    """`turns.Waiter`: an event loop's wait, during which packets pass without the interpreter."""

    cdef Engine engine
    cdef CompiledSchedule schedule
    cdef dict busy  # peers for whom something waits
    cdef pollfd files[2]  # the socket; whatever else the loop waits for
    cdef int64_t read_ns  # when what has come is read, -1: nothing has
    cdef int64_t calm_ns  # what comes from here on is read at once
    cdef int64_t early_ns, late_ns  # between these a tick falls due
    cdef int64_t pace_ns, look_ns, write_ns
    cdef bint ticks, is_asked
    cdef object batch  # what readings left

    def __init__(self, Engine engine, CompiledSchedule schedule, dict busy):
        self.engine = engine
        self.schedule = schedule
        self.busy = busy
        self.batch = NOTHING
        self.read_ns = -1
        self.pace_ns = self.write_ns = NEVER
        self.files[0].fd = engine.fileno
        self.files[0].events = self.files[1].events = POLLIN

    def wait(self, int others, int64_t until_ns):
        """See `turns.Waiter`."""
        cdef int turns
        if self.batch is not NOTHING:  # not taken yet
            return PACKETS_TURN
        self.files[1].fd = others
        with nogil:
            turns = self.go_on(until_ns)
        if self.engine.has_left():
            self.batch = self.engine.finish()
        return turns

    def take(self):
        """See `turns.Waiter`."""
        batch, self.batch = self.batch, NOTHING
        return batch

    def pace(self, int64_t due_ns):
        """See `turns.Waiter`."""
        self.pace_ns = min(self.pace_ns, due_ns)

    def write(self, int64_t due_ns):
        """See `turns.Waiter`."""
        self.write_ns = min(self.write_ns, due_ns)

    def look(self, int64_t due_ns):
        """See `turns.Waiter`."""
        self.look_ns = due_ns

    def ask(self):
        """See `turns.Waiter`."""
        self.is_asked = True

    def is_paced(self, int64_t now_ns):
        """See `turns.Waiter`."""
        cdef bint is_due = now_ns >= self.pace_ns
        if is_due:
            self.pace_ns = NEVER
        return is_due

    def is_written(self, int64_t now_ns):
        """See `turns.Waiter`."""
        cdef bint is_due = now_ns >= self.write_ns
        if is_due:
            self.write_ns = NEVER
        return is_due

    def is_tick(self):
        """See `turns.Waiter`."""
        cdef bint is_due = self.ticks
        if is_due:
            self.ticks = self.is_asked = False
        return is_due

    cdef int go_on(self, int64_t until_ns) noexcept nogil:
        cdef int64_t now_ns = clock_ns()
        cdef bint others
        while True:
            others = self.rest(now_ns, until_ns)
            now_ns = clock_ns()
            if self.read_ns >= 0 and now_ns >= self.read_ns:
                self.read(now_ns)
                if now_ns >= self.early_ns:
                    self.look_for_due(now_ns)
            elif now_ns >= self.late_ns:
                self.look_for_due(now_ns)
            if self.ticks or now_ns >= self.next_ns() or self.engine.has_left():
                return PACKETS_TURN | (OTHERS_TURN if others else 0)
            if others:
                return OTHERS_TURN
            if now_ns >= until_ns:
                return 0

    cdef inline int64_t next_ns(self) noexcept nogil:
        """When somebody told that he has to have a turn."""
        return min(self.pace_ns, self.write_ns)

    cdef bint rest(self, int64_t now_ns, int64_t until_ns) noexcept nogil:
        """Until something has to be done; return whether anybody else has something to read."""
        cdef timespec patience
        cdef bint gathers = self.read_ns >= 0
        cdef int64_t left_ns = min(until_ns, min(self.late_ns, self.next_ns()))
        if gathers:
            left_ns = min(left_ns, self.read_ns)
        left_ns = max(left_ns - now_ns, 0)
        patience.tv_sec = left_ns // SECOND_NS
        patience.tv_nsec = left_ns % SECOND_NS
        self.files[0].revents = self.files[1].revents = 0
        # While more comes together, only the others may wake us.
        if ppoll(self.files + gathers, 2 - gathers, &patience, NULL) <= 0:
            return False
        if self.files[0].revents:
            now_ns = clock_ns()
            self.read_ns = now_ns if now_ns >= self.calm_ns else now_ns + GATHER_NS
        return self.files[1].revents != 0

    cdef void read(self, int64_t now_ns) noexcept nogil:
        if self.engine.read_all(now_ns, READ_AT_ONCE):
            self.read_ns = -1
        self.calm_ns = now_ns + CALM_NS
        self.engine.outbox.write_all()

    cdef void look_for_due(self, int64_t now_ns) noexcept nogil:
        """Whether there is anything for a tick to do."""
        self.early_ns = now_ns + EARLY_NS
        self.late_ns = now_ns + LATE_NS
        self.ticks = (
            self.ticks or self.is_asked or now_ns >= self.look_ns or self.has_due(now_ns)
        )
        self.engine.outbox.write_all()

    cdef bint has_due(self, int64_t now_ns) noexcept with gil:
        try:
            return len(self.busy) > 0 or self.schedule.has_due(now_ns)
        except Exception:
            self.engine.bug()
        return True
