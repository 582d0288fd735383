/* Copyright: (c) 2026, pharmbio.cpsign contributors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of cuts.py. It looks at every byte of large files, so it is compiled (setup.py).
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WINDOW 64
#define MASK (((uint64_t)1 << 23) - 1)

struct rolling {
    uint64_t hash;
    uint8_t window[WINDOW]; /* the bytes that were rolled in last */
};

static uint64_t roll(uint64_t hash, const uint64_t *table, uint8_t leaving, uint8_t entering)
{
    return ((hash << 1) | (hash >> 63)) ^ table[leaving] ^ table[entering];
}

static void remember(struct rolling *r, const uint8_t *bytes, size_t size)
{
    if (size < WINDOW) {
        memmove(r->window, r->window + size, WINDOW - size);
        memcpy(r->window + WINDOW - size, bytes, size);
    } else {
        memcpy(r->window, bytes + size - WINDOW, WINDOW);
    }
}

/* Roll in the bytes from `start` to `stop`, or to the first that ends a chunk; gives the number up to and with that
 * one, -1 when none does. */
ptrdiff_t find_cut(struct rolling *r, const uint64_t *table, const uint8_t *data, size_t start, size_t stop)
{
    const uint8_t *bytes = data + start;
    size_t size = stop - start, rolled = 0;
    uint64_t hash = r->hash;
    int found = 0;
    while (rolled < size && !found) {
        hash = roll(hash, table, rolled < WINDOW ? r->window[rolled] : bytes[rolled - WINDOW], bytes[rolled]);
        rolled++;
        found = (hash & MASK) == 0;
    }
    r->hash = hash;
    remember(r, bytes, rolled);
    return found ? (ptrdiff_t)rolled : -1;
}
