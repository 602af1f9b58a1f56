# cython: language_level=3
"""Compiled part of `halve`: means of 2x2 pixels, as `halve_reference` in numpy."""

from libc.stdint cimport uint8_t

cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <string.h>

    /* Two pixels at a time as one 16 bit word, which compilers turn into vector code. */
    static void lx_halve_row(const uint8_t *restrict upper, const uint8_t *restrict lower,
                             uint8_t *restrict out, Py_ssize_t count)
    {
        for (Py_ssize_t i = 0; i < count; i++) {
            uint16_t a, b;
            memcpy(&a, upper + 2 * i, 2);
            memcpy(&b, lower + 2 * i, 2);
            out[i] = (uint8_t)((uint16_t)((a & 255) + (a >> 8) + (b & 255) + (b >> 8) + 2) >> 2);
        }
    }
    """
    void lx_halve_row(
        const uint8_t *upper, const uint8_t *lower, uint8_t *out, Py_ssize_t count
    )


def halve(const uint8_t[:, :] source not None, uint8_t[:, ::1] target not None):
    """Fill `target` with the means of 2x2 pixels of `source`, rounded.

    Raises ValueError unless `source` is twice as wide and high, its rows without gaps between pixels.
    """
    cdef Py_ssize_t rows = target.shape[0], columns = target.shape[1], row
    if source.shape[0] != 2 * rows or source.shape[1] != 2 * columns:
        raise ValueError("the source is not twice as large")
    if not rows or not columns:
        return
    if source.strides[1] != 1:
        raise ValueError("the pixels of a row do not lie side by side")
    with nogil:
        for row in range(rows):
            lx_halve_row(
                &source[2 * row, 0], &source[2 * row + 1, 0], &target[row, 0], columns
            )
