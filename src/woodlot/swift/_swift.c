/* This file is the hot path of a book in C: one pass over the bytes of an update, and a lane into two sides.
 *
 * It knows the plain case and no other. Whatever is unusual (a key it does not know, an escape, an exponent, a number
 * with more digits than a double holds, a level that is no pair of texts) it declines by returning None, changing
 * nothing; then plain Python (`wire/frames.py`, `book/sides.py`) decides, and says what is wrong if something is. So
 * nothing here raises for what the exchange sent, and nothing here has to be right about what is rare.
 *
 * What it makes of the plain case is what plain Python makes of it, to the letter: the exchange's spelling is kept,
 * and Python objects are made of it when somebody reads them.
 *
 * Ownership. A Delta keeps the payload it was read from alive and points into it: an immutable `bytes` or ASCII `str`.
 * Two Sides share nothing. Only a Lane can be part of a reference cycle, and is tracked by the garbage collector; the
 * others hold texts, numbers, tuples of them, and updates, which hold no more. Everything runs under the GIL and calls
 * no Python code while a side is half changed; what is static here is used only in between.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A double keeps two decimal numbers of at most 15 significant digits apart and in order (DBL_DIG). */
#define MOST_DIGITS 1000000000000000ULL
/* Room for a number's text in a cell. "0." before 15 digits is 17; 19 leaves none out that is worth keeping here. */
#define MOST_TEXT 19
/* The exchange sends the window of 500 levels a side at most; a frame that names more is not the plain case. */
#define MOST_ROWS 4096
/* Where a level is looked for first: so many levels beyond the last one, and then so many. */
#define NEARBY 16
#define NOT_FAR 128
/* 10^18 fits an int64_t; no time in milliseconds has that many digits. */
#define MOST_TIME_DIGITS 18

/* What makes a Decimal of a text: a context's own method, in two thirds of the time that the type needs. The context is
 * nobody else's, and has room for more digits than a text that is kept here. */
static PyObject *create_decimal;
#define DIGITS_KEPT 40
static PyObject *name_topic, *name_ts, *name_delta, *name_total, *name_follow;

/* One changed level: its price as a number, and both texts where they stand in the payload. */
typedef struct {
    double price;
    const char *price_text, *size_text;
    uint8_t price_length, size_length;
    bool is_gone;
} Row;

/* Price and size as the exchange spelled them, one after the other. A length of 0 means that nothing rests. */
typedef struct {
    uint8_t price_length, size_length;
    char text[2 * MOST_TEXT];
} Spelled;

/* Reading numbers */

static const double POWERS[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Read a price: a JSON number without sign or exponent that ends at a quote. Return its length, 0 where it is not plain.
 *
 * Every text that is read here ends with a byte that is no part of a number, a quote or the zero behind a payload: so
 * no number is read past its end, and no length has to be looked at before it is over.
 *
 * At most 15 digits over a power of ten below 10^22: both are exact doubles, so their quotient is the nearest double,
 * the same that `float()` gives. */
static int read_price(const char *at, double *price)
{
    const char *begin = at;
    uint64_t digits = 0;
    int64_t places = 0;
    if (*at == '0')
        at++;
    else
        while (is_digit(*at))
            digits = digits * 10 + (uint64_t)(*at++ - '0');
    if (at == begin)
        return 0;
    if (*at == '.') {
        const char *point = at++;
        while (is_digit(*at))
            digits = digits * 10 + (uint64_t)(*at++ - '0');
        places = at - point - 1;
        if (places == 0)
            return 0;
    }
    /* The length first: nothing that fits a cell has overflowed. */
    if (*at != '"' || at - begin > MOST_TEXT || digits == 0 || digits >= MOST_DIGITS)
        return 0;
    *price = (double)digits / POWERS[places];
    return (int)(at - begin);
}

/* Read a size, as a price is read. It is not made a number: whether it is zero is all that is asked. */
static int read_size(const char *at, bool *is_zero)
{
    const char *begin = at;
    int seen = 0;
    if (*at == '0')
        at++;
    else
        while (is_digit(*at))
            seen |= *at++ - '0';
    if (at == begin)
        return 0;
    if (*at == '.') {
        const char *point = at++;
        while (is_digit(*at))
            seen |= *at++ - '0';
        if (at - point == 1)
            return 0;
    }
    if (*at != '"' || at - begin > MOST_TEXT)
        return 0;
    *is_zero = seen == 0;
    return (int)(at - begin);
}

/* Read a whole number above or at zero. Return where it ends, NULL where it is not plain. */
static const char *read_time(const char *at, const char *end, int64_t *time)
{
    const char *begin = at;
    int64_t value = 0;
    while (at < end && *at >= '0' && *at <= '9') {
        if (at - begin == MOST_TIME_DIGITS)
            return NULL;
        value = value * 10 + (*at++ - '0');
    }
    if (at == begin || (*begin == '0' && at - begin > 1))
        return NULL;
    *time = value;
    return at;
}

/* Reading frames */

/* Step over a word that must stand here; false where it does not. */
static bool stands(const char **at, const char *end, const char *word, size_t length)
{
    if ((size_t)(end - *at) < length || memcmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}
#define STANDS(word) stands(&at, end, word, sizeof(word) - 1)

/* Return the end of a text of printable ASCII without escapes that begins here, NULL where it is another. */
static const char *plain_text(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at++) {
        /* A plain char is signed on some machines and unsigned on others. */
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte >= 0x7f || byte == '\\')
            return NULL;
    }
    return at < end ? at : NULL;
}

/* Read `[["1.5","2"],...]` behind the rows that are there. Return where it ends, NULL where it is not plain. */
static const char *read_levels(const char *at, const char *end, Row *rows, int *count)
{
    if (!STANDS("["))
        return NULL;
    if (STANDS("]"))
        return at;
    for (;;) {
        if (*count == MOST_ROWS || !STANDS("[\""))
            return NULL;
        Row *row = rows + (*count)++;
        int length = read_price(at, &row->price);
        if (length == 0)
            return NULL;
        row->price_text = at;
        row->price_length = (uint8_t)length;
        at += length;
        if (!STANDS("\",\"") || (length = read_size(at, &row->is_gone)) == 0)
            return NULL;
        row->size_text = at;
        row->size_length = (uint8_t)length;
        at += length;
        if (!STANDS("\"]"))
            return NULL;
        if (STANDS("]"))
            return at;
        if (!STANDS(","))
            return NULL;
    }
}

/* What a frame says, before it is an object; the rows of a side begin at `..._at`. */
typedef struct {
    const char *topic, *symbol;
    Py_ssize_t topic_length, symbol_length;
    int64_t sent_ts, prev_ts, ts;
    int bids_at, bids, asks_at, asks;
} Frame;

enum { HAS_TS = 1, HAS_BIDS = 2, HAS_ASKS = 4, HAS_PREV_TS = 8, HAS_SYMBOL = 16, HAS_ALL = 31 };

/* Read the object under "data": each of its five keys once, in any order. */
static const char *read_data(const char *at, const char *end, Frame *frame, Row *rows)
{
    int has = 0, count = 0, now;
    if (!STANDS("{"))
        return NULL;
    for (;;) {
        if (STANDS("\"ts\":")) {
            now = HAS_TS;
            at = read_time(at, end, &frame->ts);
        }
        else if (STANDS("\"bids\":")) {
            now = HAS_BIDS;
            frame->bids_at = count;
            at = read_levels(at, end, rows, &count);
            frame->bids = count - frame->bids_at;
        }
        else if (STANDS("\"asks\":")) {
            now = HAS_ASKS;
            frame->asks_at = count;
            at = read_levels(at, end, rows, &count);
            frame->asks = count - frame->asks_at;
        }
        else if (STANDS("\"prevTs\":")) {
            now = HAS_PREV_TS;
            at = read_time(at, end, &frame->prev_ts);
        }
        else if (STANDS("\"s\":\"")) {
            now = HAS_SYMBOL;
            frame->symbol = at;
            at = plain_text(at, end);
            if (at != NULL)
                frame->symbol_length = at++ - frame->symbol;
        }
        else
            return NULL;
        if (at == NULL || (has & now))
            return NULL;
        has |= now;
        if (STANDS("}"))
            return has == HAS_ALL ? at : NULL;
        if (!STANDS(","))
            return NULL;
    }
}

/* Read a whole frame. False where it is not the plain case. */
static bool read_frame(const char *at, const char *end, Frame *frame, Row *rows)
{
    if (!STANDS("{\"topic\":\""))
        return false;
    frame->topic = at;
    if (!(STANDS("orderbookupdate@") || STANDS("orderbookupdaterpi@")) || (at = plain_text(at, end)) == NULL)
        return false;
    frame->topic_length = at++ - frame->topic;
    if (!STANDS(",\"ts\":") || (at = read_time(at, end, &frame->sent_ts)) == NULL)
        return false;
    if (!STANDS(",\"data\":") || (at = read_data(at, end, frame, rows)) == NULL)
        return false;
    return STANDS("}") && at == end;
}

/* Delta: what one frame says of a book */

typedef struct {
    PyObject_HEAD
    PyObject *source;
    const char *symbol;
    Py_ssize_t symbol_length;
    int64_t prev_ts, ts;
    int bids_at, bids, asks_at, asks;
} Delta;

static PyTypeObject Delta_Type;

/* The rows of the frame that was read last, and whose they are. Static, since a stack has no room for it everywhere:
 * nothing that lets other code in runs while they are read or used. Nearly every update is taken over as soon as it was
 * read, so no Delta keeps rows of its own; one that is asked later reads its payload once more. */
static Row read_rows[MOST_ROWS];
static Delta *read_owner;

static void Delta_dealloc(Delta *self)
{
    if (read_owner == self)
        read_owner = NULL;
    Py_XDECREF(self->source);
    PyObject_Free(self);
}

/* Point to the text of a payload. False where it is no immutable `bytes` or ASCII `str`. */
static bool text_of(PyObject *payload, const char **text, Py_ssize_t *length)
{
    if (PyUnicode_CheckExact(payload) && PyUnicode_IS_COMPACT_ASCII(payload)) {
        *text = (const char *)PyUnicode_1BYTE_DATA(payload);
        *length = PyUnicode_GET_LENGTH(payload);
        return true;
    }
    if (PyBytes_CheckExact(payload)) {
        *text = PyBytes_AS_STRING(payload);
        *length = PyBytes_GET_SIZE(payload);
        return true;
    }
    return false;
}

/* Return the rows of a delta, to be used before anything else is read. */
static const Row *delta_rows(Delta *self)
{
    if (read_owner != self) {
        const char *text = NULL;
        Py_ssize_t length = 0;
        Frame frame = {0};
        read_owner = self;
        /* It was read before, and does not change. */
        if (!text_of(self->source, &text, &length) || !read_frame(text, text + length, &frame, read_rows))
            Py_UNREACHABLE();
    }
    return read_rows;
}

static Delta *delta_of(PyObject *payload, const Frame *frame)
{
    Delta *delta = PyObject_New(Delta, &Delta_Type);
    if (delta == NULL)
        return NULL;
    delta->source = Py_NewRef(payload);
    delta->symbol = frame->symbol;
    delta->symbol_length = frame->symbol_length;
    delta->prev_ts = frame->prev_ts;
    delta->ts = frame->ts;
    delta->bids_at = frame->bids_at;
    delta->bids = frame->bids;
    delta->asks_at = frame->asks_at;
    delta->asks = frame->asks;
    read_owner = delta;
    return delta;
}

static PyObject *pair(const char *price, int price_length, const char *size, int size_length)
{
    PyObject *level = PyTuple_New(2);
    if (level == NULL)
        return NULL;
    PyObject *first = PyUnicode_DecodeASCII(price, price_length, NULL);
    PyObject *second = PyUnicode_DecodeASCII(size, size_length, NULL);
    PyTuple_SET_ITEM(level, 0, first);
    PyTuple_SET_ITEM(level, 1, second);
    if (first == NULL || second == NULL)
        Py_CLEAR(level);
    return level;
}

static PyObject *levels_of(Delta *self, int begin, int count)
{
    /* Before 3.12 a new object may start the garbage collector, and that code which reads another frame. */
    size_t size = (size_t)count * sizeof(Row);
    Row *rows = PyMem_Malloc(size);
    if (rows == NULL)
        return PyErr_NoMemory();
    memcpy(rows, delta_rows(self) + begin, size);
    PyObject *levels = PyList_New(count);
    for (int i = 0; levels != NULL && i < count; i++) {
        const Row *row = rows + i;
        PyObject *level = pair(row->price_text, row->price_length, row->size_text, row->size_length);
        PyList_SET_ITEM(levels, i, level);
        if (level == NULL)
            Py_CLEAR(levels);
    }
    PyMem_Free(rows);
    return levels;
}

static PyObject *Delta_symbol(Delta *self, void *unused)
{
    return PyUnicode_DecodeASCII(self->symbol, self->symbol_length, NULL);
}

static PyObject *Delta_prev_ts(Delta *self, void *unused)
{
    return PyLong_FromLongLong(self->prev_ts);
}

static PyObject *Delta_ts(Delta *self, void *unused)
{
    return PyLong_FromLongLong(self->ts);
}

static PyObject *Delta_bids(Delta *self, void *unused)
{
    return levels_of(self, self->bids_at, self->bids);
}

static PyObject *Delta_asks(Delta *self, void *unused)
{
    return levels_of(self, self->asks_at, self->asks);
}

static PyGetSetDef Delta_fields[] = {
    {"symbol", (getter)Delta_symbol, NULL, NULL, NULL}, {"prev_ts", (getter)Delta_prev_ts, NULL, NULL, NULL},
    {"ts", (getter)Delta_ts, NULL, NULL, NULL},         {"bids", (getter)Delta_bids, NULL, NULL, NULL},
    {"asks", (getter)Delta_asks, NULL, NULL, NULL},     {NULL}};

static PyTypeObject Delta_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "woodlot.swift._swift.Delta",
    .tp_doc = "An update of a book whose levels nobody has made objects of yet.",
    .tp_basicsize = sizeof(Delta),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = (destructor)Delta_dealloc,
    .tp_getset = Delta_fields,
};

/* Topics, so that the text of one is made, and hashed, once and not for every frame. What does not find its place free
 * takes it over. */
#define TOPICS_KEPT 512
static PyObject *topics[TOPICS_KEPT];

static PyObject *topic_of(const Frame *frame)
{
    const char *text = frame->topic;
    Py_ssize_t length = frame->topic_length;
    uint64_t mixed = (uint64_t)length, part;
    /* The word of a topic is longer than a part. */
    for (Py_ssize_t at = 0; at < length; at += (Py_ssize_t)sizeof part) {
        Py_ssize_t last = length - (Py_ssize_t)sizeof part;
        memcpy(&part, text + (at < last ? at : last), sizeof part);
        mixed = (mixed ^ part) * 0x9E3779B97F4A7C15ULL;
        mixed ^= mixed >> 29;
    }
    PyObject **place = topics + mixed % TOPICS_KEPT, *topic = *place;
    if (topic == NULL || PyUnicode_GET_LENGTH(topic) != length
        || memcmp(PyUnicode_1BYTE_DATA(topic), text, (size_t)length) != 0) {
        if ((topic = PyUnicode_DecodeASCII(text, length, NULL)) == NULL)
            return NULL;
        Py_XSETREF(*place, topic);
    }
    return Py_NewRef(topic);
}

/* Where a type keeps three of its slots. */
static PyTypeObject *pushed_kind;
static Py_ssize_t topic_slot, ts_slot, delta_slot;

/* Find a slot of a type. False with an error set where it has none of that name. */
static bool find_slot(PyTypeObject *kind, PyObject *name, Py_ssize_t *offset)
{
    PyObject *slot = PyObject_GetAttr((PyObject *)kind, name);
    if (slot == NULL)
        return false;
    bool is_slot = Py_IS_TYPE(slot, &PyMemberDescr_Type)
                   && PyType_IsSubtype(kind, ((PyMemberDescrObject *)slot)->d_common.d_type)
                   && ((PyMemberDescrObject *)slot)->d_member->type == T_OBJECT_EX;
    if (is_slot)
        *offset = ((PyMemberDescrObject *)slot)->d_member->offset;
    else
        PyErr_Format(PyExc_TypeError, "%.100s has no slot %R", kind->tp_name, name);
    Py_DECREF(slot);
    return is_slot;
}

static bool know_slots(PyTypeObject *kind)
{
    if (pushed_kind == kind)
        return true;
    if (!find_slot(kind, name_topic, &topic_slot) || !find_slot(kind, name_ts, &ts_slot)
        || !find_slot(kind, name_delta, &delta_slot))
        return false;
    Py_XSETREF(pushed_kind, (PyTypeObject *)Py_NewRef(kind));
    return true;
}

static PyObject *push_of(PyTypeObject *kind, PyObject *topic, int64_t ts, Delta *delta)
{
    if (!know_slots(kind))
        return NULL;
    PyObject *time = PyLong_FromLongLong(ts), *push = time == NULL ? NULL : kind->tp_alloc(kind, 0);
    if (push == NULL) {
        Py_XDECREF(time);
        return NULL;
    }
    *(PyObject **)((char *)push + topic_slot) = Py_NewRef(topic);
    *(PyObject **)((char *)push + ts_slot) = time;
    *(PyObject **)((char *)push + delta_slot) = Py_NewRef(delta);
    return push;
}

/* Before: what rested at each price of an update */

/* Packed, since the last few of every book are kept: for each level a byte that says how long its price is, one that
 * says how long its size is, and both texts. */
typedef struct {
    PyObject_VAR_HEAD
    int bids, asks;
    char packed[1];
} Before;

/* Where what rested is noted while an update is taken over, before it is known that the update stands. */
static char noted[MOST_ROWS * sizeof(Spelled)];

static PyObject *was(const Before *self, int begin, int count)
{
    const char *at = self->packed;
    for (int i = 0; i < begin; i++)
        at += 2 + at[0] + at[1];
    PyObject *list = PyList_New(count);
    for (int i = 0; list != NULL && i < count; i++) {
        PyObject *level = at[0] == 0 ? Py_NewRef(Py_None) : pair(at + 2, at[0], at + 2 + at[0], at[1]);
        at += 2 + at[0] + at[1];
        PyList_SET_ITEM(list, i, level);
        if (level == NULL)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *Before_bids(Before *self, void *unused)
{
    return was(self, 0, self->bids);
}

static PyObject *Before_asks(Before *self, void *unused)
{
    return was(self, self->bids, self->asks);
}

static PyObject *Before_total(Before *self, void *unused)
{
    return PyLong_FromLong(self->bids + self->asks);
}

static void Before_dealloc(Before *self)
{
    PyObject_Free(self);
}

static PyGetSetDef Before_fields[] = {{"bids", (getter)Before_bids, NULL, NULL, NULL},
                                      {"asks", (getter)Before_asks, NULL, NULL, NULL},
                                      {"total", (getter)Before_total, NULL, NULL, NULL},
                                      {NULL}};

static PyTypeObject Before_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "woodlot.swift._swift.Before",
    .tp_doc = "What rested, before it was changed, at each price of an update; None where nothing did.",
    .tp_basicsize = offsetof(Before, packed),
    .tp_itemsize = sizeof(char),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = (destructor)Before_dealloc,
    .tp_getset = Before_fields,
};

/* Keep what was noted up to `end`. */
static PyObject *before_of(const char *end, int bids, int asks)
{
    Before *before = PyObject_NewVar(Before, &Before_Type, end - noted);
    if (before == NULL)
        return NULL;
    before->bids = bids;
    before->asks = asks;
    memcpy(before->packed, noted, (size_t)(end - noted));
    return (PyObject *)before;
}

/* Sides: what rests */

/* A level, and the pair that was made of it when somebody last read it. */
typedef struct {
    PyObject *level;
    Spelled spelled;
} Cell;

/* One side, in the order of `keys`, the best level last: the price for bids, its negative for asks. `places[i]` is
 * the cell of `keys[i]`; behind the first `count` come the cells that are free. So a level that comes or goes moves
 * some numbers of 8 and 4 bytes, and most often few, since most happens near the touch. */
typedef struct {
    double sign;
    double *keys;
    uint32_t *places;
    Cell *cells;
    int count, room;
    /* Price and size of the best level as numbers, and their texts; out of date once the level is another. */
    PyObject *touch;
    Spelled touch_spelled;
} Side;

typedef struct {
    PyObject_HEAD
    Py_ssize_t depth;
    /* The exchange's time of what the sides show. */
    long long ts;
    Side bids, asks;
} Sides;

static void side_clear(Side *side)
{
    for (int i = 0; i < side->count; i++)
        Py_CLEAR(side->cells[side->places[i]].level);
    PyMem_Free(side->keys);
    PyMem_Free(side->places);
    PyMem_Free(side->cells);
    Py_CLEAR(side->touch);
    side->keys = NULL;
    side->places = NULL;
    side->cells = NULL;
    side->count = side->room = 0;
}

/* Make room for `more` levels. False with an error set where there is no memory; the side is then as it was. */
static bool side_grow(Side *side, int more)
{
    if (more <= side->room - side->count)
        return true;
    /* No overflow: `more` is at most MOST_ROWS, and a book that outgrows its depth is thrown away. */
    int room = side->count + more + 16;
    double *keys = PyMem_Realloc(side->keys, (size_t)room * sizeof(double));
    if (keys != NULL)
        side->keys = keys;
    uint32_t *places = PyMem_Realloc(side->places, (size_t)room * sizeof(uint32_t));
    if (places != NULL)
        side->places = places;
    Cell *cells = PyMem_Realloc(side->cells, (size_t)room * sizeof(Cell));
    if (cells != NULL)
        side->cells = cells;
    if (keys == NULL || places == NULL || cells == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (int i = side->room; i < room; i++) {
        side->places[i] = (uint32_t)i;
        side->cells[i].level = NULL;
    }
    side->room = room;
    return true;
}

/* Return the first place whose key is not below `key`, looking first a little below `near`: an update names its levels
 * best first, so the next is most often not far behind the last. */
static int side_find(const Side *side, double key, int near)
{
    const double *keys = side->keys, *at = keys;
    int length = near;
    if (near < side->count && keys[near] < key) {
        at = keys + near + 1;
        length = side->count - near - 1;
    }
    else if (near > NEARBY && keys[near - NEARBY] < key) {
        at = keys + near - NEARBY;
        length = NEARBY;
    }
    else if (near > NOT_FAR && keys[near - NOT_FAR] < key) {
        at = keys + near - NOT_FAR;
        length = NOT_FAR;
    }
    /* Halved without a branch that could be guessed wrong: every other guess would be. */
    for (; length > 1; length -= length / 2)
        at += (length / 2) & -(int)(at[length / 2 - 1] < key);
    if (length == 1)
        at += *at < key;
    return (int)(at - keys);
}

static void side_remove(Side *side, int place)
{
    uint32_t freed = side->places[place];
    size_t behind = (size_t)(side->count - place - 1);
    Py_CLEAR(side->cells[freed].level);
    memmove(side->keys + place, side->keys + place + 1, behind * sizeof(double));
    memmove(side->places + place, side->places + place + 1, behind * sizeof(uint32_t));
    side->places[--side->count] = freed;
}

static Cell *side_insert(Side *side, int place, double key)
{
    uint32_t taken = side->places[side->count];
    size_t behind = (size_t)(side->count++ - place);
    memmove(side->keys + place + 1, side->keys + place, behind * sizeof(double));
    memmove(side->places + place + 1, side->places + place, behind * sizeof(uint32_t));
    side->keys[place] = key;
    side->places[place] = taken;
    return side->cells + taken;
}

/* Copy a short text. Most have 4 to 16 bytes, which two moves that may overlap bring over without a call. */
static void copy_text(char *to, const char *from, size_t length)
{
    if (length >= 8 && length <= 16) {
        memcpy(to, from, 8);
        memcpy(to + length - 8, from + length - 8, 8);
    }
    else if (length >= 4 && length < 8) {
        memcpy(to, from, 4);
        memcpy(to + length - 4, from + length - 4, 4);
    }
    else
        memcpy(to, from, length);
}

static void spell(Spelled *spelled, const Row *row)
{
    spelled->price_length = row->price_length;
    spelled->size_length = row->size_length;
    copy_text(spelled->text, row->price_text, row->price_length);
    copy_text(spelled->text + row->price_length, row->size_text, row->size_length);
}

/* Note one level behind what is noted; return where the next goes. The whole cell, since that is quicker than what is
 * used of it: there is room, and the next begins where this one's texts end. */
static char *note(char *at, const Spelled *spelled)
{
    memcpy(at, spelled, sizeof *spelled);
    return at + 2 + spelled->price_length + spelled->size_length;
}

/* Take over the rows, noting at `before` what was there if that is asked for; return where the notes end. There is room
 * for all of them. */
static char *side_apply(Side *side, const Row *rows, int count, char *before)
{
    static const Spelled nothing;
    int place = side->count;
    for (int i = 0; i < count; i++) {
        const Row *row = rows + i;
        double key = side->sign * row->price;
        place = side_find(side, key, place);
        bool is_here = place < side->count && side->keys[place] == key;
        Cell *cell = is_here ? side->cells + side->places[place] : NULL;
        if (before != NULL)
            before = note(before, is_here ? &cell->spelled : &nothing);
        if (is_here)
            Py_CLEAR(cell->level);
        if (row->is_gone) {
            if (is_here)
                side_remove(side, place);
            continue;
        }
        if (!is_here)
            cell = side_insert(side, place, key);
        spell(&cell->spelled, row);
    }
    return before;
}

/* Take over rows, noting what was there; return where the notes end, NULL with an error set where there is no memory:
 * then nothing has changed. */
static const char *sides_apply(Sides *self, const Row *bid_rows, int bids, const Row *ask_rows, int asks)
{
    if (!side_grow(&self->bids, bids) || !side_grow(&self->asks, asks))
        return NULL;
    return side_apply(&self->asks, ask_rows, asks, side_apply(&self->bids, bid_rows, bids, noted));
}

/* Read pairs of texts behind the rows that are there. 1: read; 0: not plain; -1: an error is set. `*kept` is then
 * what keeps the texts alive. */
static int rows_of(PyObject *levels, Row *rows, int *count, PyObject **kept)
{
    *kept = PySequence_Tuple(levels);
    if (*kept == NULL)
        return -1;
    Py_ssize_t length = PyTuple_GET_SIZE(*kept);
    if (length > MOST_ROWS - *count)
        return 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *level = PyTuple_GET_ITEM(*kept, i);
        /* A tuple keeps its texts; a list could lose them while they are read. */
        if (!PyTuple_Check(level) || PyTuple_GET_SIZE(level) != 2)
            return 0;
        Row *row = rows + (*count)++;
        const char *texts[2];
        uint8_t lengths[2];
        for (int part = 0; part < 2; part++) {
            PyObject *text = PyTuple_GET_ITEM(level, part);
            if (!PyUnicode_Check(text) || !PyUnicode_IS_COMPACT_ASCII(text) || PyUnicode_GET_LENGTH(text) > MOST_TEXT)
                return 0;
            /* A number is read up to the quote that ends it on the wire. */
            char quoted[MOST_TEXT + 1];
            int size = (int)PyUnicode_GET_LENGTH(text);
            texts[part] = (const char *)PyUnicode_1BYTE_DATA(text);
            memcpy(quoted, texts[part], (size_t)size);
            quoted[size] = '"';
            if (size == 0 || (part == 0 ? read_price(quoted, &row->price) : read_size(quoted, &row->is_gone)) != size)
                return 0;
            lengths[part] = (uint8_t)size;
        }
        row->price_text = texts[0];
        row->size_text = texts[1];
        row->price_length = lengths[0];
        row->size_length = lengths[1];
    }
    return 1;
}

static int sides_rows(PyObject *const *arguments, Py_ssize_t given, Row *rows, int *bids, int *asks, PyObject **kept)
{
    int count = 0, outcome;
    kept[0] = kept[1] = NULL;
    if (given != 2) {
        PyErr_SetString(PyExc_TypeError, "expected bids and asks");
        return -1;
    }
    outcome = rows_of(arguments[0], rows, &count, kept);
    *bids = count;
    if (outcome == 1)
        outcome = rows_of(arguments[1], rows, &count, kept + 1);
    *asks = count - *bids;
    return outcome;
}

PyDoc_STRVAR(apply_doc,
"apply(bids, asks, /)\n--\n\nTake over the levels that changed; return what was there before, or None: not plain.");

static PyObject *Sides_apply(Sides *self, PyObject *const *arguments, Py_ssize_t given)
{
    PyObject *kept[2], *before = NULL;
    int bids, asks;
    Row *rows = PyMem_Malloc(MOST_ROWS * sizeof(Row));
    if (rows == NULL)
        return PyErr_NoMemory();
    int outcome = sides_rows(arguments, given, rows, &bids, &asks, kept);
    const char *end = outcome == 1 ? sides_apply(self, rows, bids, rows + bids, asks) : NULL;
    if (end != NULL)
        before = before_of(end, bids, asks);
    PyMem_Free(rows);
    Py_XDECREF(kept[0]);
    Py_XDECREF(kept[1]);
    return outcome == 0 ? Py_NewRef(Py_None) : before;
}

PyDoc_STRVAR(take_doc,
"take(delta, /)\n--\n\nTake over a Delta; return what was there before, or None where it is another kind of delta.");

static PyObject *Sides_take(Sides *self, PyObject *delta)
{
    if (!Py_IS_TYPE(delta, &Delta_Type))
        Py_RETURN_NONE;
    Delta *update = (Delta *)delta;
    const Row *rows = delta_rows(update);
    const char *end = sides_apply(self, rows + update->bids_at, update->bids, rows + update->asks_at, update->asks);
    return end == NULL ? NULL : before_of(end, update->bids, update->asks);
}

static bool is_crossed(const Sides *self)
{
    const Side *bids = &self->bids, *asks = &self->asks;
    return bids->count > 0 && asks->count > 0 && bids->keys[bids->count - 1] >= -asks->keys[asks->count - 1];
}

static bool is_possible(const Sides *self)
{
    return self->bids.count <= self->depth && self->asks.count <= self->depth && !is_crossed(self);
}

/* Bring back what was noted at `before` for the rows, the last one first; return where that ends. There is room: it was
 * there a moment ago. */
static const char *side_undo(Side *side, const Row *rows, int count, const char *before)
{
    static const char *starts[MOST_ROWS];
    for (int i = 0; i < count; i++) {
        starts[i] = before;
        before += 2 + before[0] + before[1];
    }
    for (int i = count - 1; i >= 0; i--) {
        const char *old = starts[i];
        Row row = rows[i];
        row.price_text = old + 2;
        row.size_text = row.price_text + old[0];
        row.price_length = (uint8_t)old[0];
        row.size_length = (uint8_t)old[1];
        row.is_gone = old[0] == 0;
        side_apply(side, &row, 1, NULL);
    }
    return before;
}

static void sides_undo(Sides *self, const Delta *update, const Row *rows)
{
    const char *asks_at = side_undo(&self->bids, rows + update->bids_at, update->bids, noted);
    side_undo(&self->asks, rows + update->asks_at, update->asks, asks_at);
}

/* Take over an update of `symbol` that starts at `ts` and leaves the sides possible, and return what was there before;
 * else NULL, with an error set or without, and nothing is changed. */
static PyObject *sides_follow(Sides *self, Delta *update, PyObject *symbol)
{
    if (update->prev_ts != self->ts || update->ts <= self->ts || !PyUnicode_IS_COMPACT_ASCII(symbol)
        || PyUnicode_GET_LENGTH(symbol) != update->symbol_length
        || memcmp(PyUnicode_1BYTE_DATA(symbol), update->symbol, (size_t)update->symbol_length) != 0)
        return NULL;
    const Row *rows = delta_rows(update);
    const char *end = sides_apply(self, rows + update->bids_at, update->bids, rows + update->asks_at, update->asks);
    if (end == NULL)
        return NULL;
    PyObject *before = is_possible(self) ? before_of(end, update->bids, update->asks) : NULL;
    if (before == NULL)
        sides_undo(self, update, rows);
    else
        self->ts = update->ts;
    return before;
}

PyDoc_STRVAR(follow_doc,
"follow(update, symbol, /)\n--\n\nTake over a Delta of `symbol` that starts at `ts` and leaves the sides possible, and\n"
"return what was there before; else None, and nothing is changed.");

static PyObject *Sides_follow(Sides *self, PyObject *const *arguments, Py_ssize_t given)
{
    if (given != 2) {
        PyErr_SetString(PyExc_TypeError, "follow() takes an update and a symbol");
        return NULL;
    }
    if (!Py_IS_TYPE(arguments[0], &Delta_Type) || !PyUnicode_Check(arguments[1]))
        Py_RETURN_NONE;
    PyObject *before = sides_follow(self, (Delta *)arguments[0], arguments[1]);
    return before == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : before;
}

static int side_trim(Side *side, Py_ssize_t depth)
{
    int surplus = side->count - (int)(depth < INT32_MAX ? depth : INT32_MAX);
    for (int i = 0; i < surplus; i++)
        side_remove(side, 0);
    return surplus > 0 ? surplus : 0;
}

PyDoc_STRVAR(load_doc,
"load(bids, asks, /)\n--\n\nForget everything and take over a snapshot; return whether it was plain, else nothing is changed.");

static PyObject *Sides_load(Sides *self, PyObject *const *arguments, Py_ssize_t given)
{
    PyObject *kept[2];
    int bids, asks;
    Row *rows = PyMem_Malloc(MOST_ROWS * sizeof(Row));
    if (rows == NULL)
        return PyErr_NoMemory();
    int outcome = sides_rows(arguments, given, rows, &bids, &asks, kept);
    if (outcome == 1) {
        side_clear(&self->bids);
        side_clear(&self->asks);
        if (side_grow(&self->bids, bids) && side_grow(&self->asks, asks)) {
            side_apply(&self->bids, rows, bids, NULL);
            side_apply(&self->asks, rows + bids, asks, NULL);
            side_trim(&self->bids, self->depth);
            side_trim(&self->asks, self->depth);
        }
        else
            outcome = -1;
    }
    PyMem_Free(rows);
    Py_XDECREF(kept[0]);
    Py_XDECREF(kept[1]);
    return outcome < 0 ? NULL : PyBool_FromLong(outcome);
}

PyDoc_STRVAR(trim_doc, "trim()\n--\n\nTake away the worst levels beyond the depth; return how many there were.");

static PyObject *Sides_trim(Sides *self, PyObject *unused)
{
    int bids = side_trim(&self->bids, self->depth);
    return PyLong_FromLong(bids + side_trim(&self->asks, self->depth));
}

/* Return the pair of a level, made when it is first read and kept until it changes. Borrowed. */
static PyObject *cell_level(Cell *cell)
{
    if (cell->level == NULL) {
        const Spelled *spelled = &cell->spelled;
        cell->level =
            pair(spelled->text, spelled->price_length, spelled->text + spelled->price_length, spelled->size_length);
    }
    return cell->level;
}

static PyObject *side_spelled(Side *side, Py_ssize_t most)
{
    int whole = side->count;
    int count = most >= 0 && most < whole ? (int)most : whole;
    PyObject *levels = PyTuple_New(count);
    for (int i = 0; levels != NULL && i < count; i++) {
        PyObject *level = cell_level(side->cells + side->places[whole - 1 - i]);
        /* Before 3.12 a new object may start the garbage collector, and that somebody's finalizer. */
        if (level != NULL && side->count != whole) {
            PyErr_SetString(PyExc_RuntimeError, "the book was changed while it was read");
            level = NULL;
        }
        if (level == NULL)
            Py_CLEAR(levels);
        else
            PyTuple_SET_ITEM(levels, i, Py_NewRef(level));
    }
    return levels;
}

PyDoc_STRVAR(spelled_doc,
"spelled(count=None, /)\n--\n\nReturn bids and asks, best first, `count` of each or all, as the exchange spelled them.");

static PyObject *Sides_spelled(Sides *self, PyObject *const *arguments, Py_ssize_t given)
{
    Py_ssize_t most = -1;
    if (given > 1) {
        PyErr_SetString(PyExc_TypeError, "spelled() takes a count or nothing");
        return NULL;
    }
    if (given == 1 && arguments[0] != Py_None) {
        most = PyNumber_AsSsize_t(arguments[0], NULL);
        if (most == -1 && PyErr_Occurred())
            return NULL;
        if (most < 0)
            most = 0;
    }
    PyObject *bids = side_spelled(&self->bids, most);
    PyObject *asks = bids == NULL ? NULL : side_spelled(&self->asks, most);
    PyObject *both = asks == NULL ? NULL : PyTuple_Pack(2, bids, asks);
    Py_XDECREF(bids);
    Py_XDECREF(asks);
    return both;
}

static PyObject *decimal_of(const char *text, int length)
{
    PyObject *spelled = PyUnicode_DecodeASCII(text, length, NULL);
    if (spelled == NULL)
        return NULL;
    PyObject *number = PyObject_CallOneArg(create_decimal, spelled);
    Py_DECREF(spelled);
    return number;
}

/* Return the number of a part of the touch: the one made before if its text is the same. */
static PyObject *touch_part(PyObject *before, const char *old, int old_length, const char *text, int length)
{
    if (before != NULL && old_length == length && memcmp(old, text, (size_t)length) == 0)
        return Py_NewRef(before);
    return decimal_of(text, length);
}

/* Return price and size of the best level as Decimals, made when they are first read and kept while they stay. */
static PyObject *side_touch(Side *side)
{
    if (side->count == 0)
        Py_RETURN_NONE;
    const Spelled *here = &side->cells[side->places[side->count - 1]].spelled, *before = &side->touch_spelled;
    int length = here->price_length + here->size_length;
    if (side->touch != NULL && before->price_length == here->price_length && before->size_length == here->size_length
        && memcmp(before->text, here->text, (size_t)length) == 0)
        return Py_NewRef(side->touch);
    /* Making a Decimal may run code that changes this side: nothing of it is pointed into meanwhile. */
    Spelled best = *here, old = *before;
    PyObject *last = Py_XNewRef(side->touch);
    PyObject *price = touch_part(last == NULL ? NULL : PyTuple_GET_ITEM(last, 0), old.text, old.price_length, best.text,
                                 best.price_length);
    PyObject *size = touch_part(last == NULL ? NULL : PyTuple_GET_ITEM(last, 1), old.text + old.price_length,
                                old.size_length, best.text + best.price_length, best.size_length);
    PyObject *touch = price == NULL || size == NULL ? NULL : PyTuple_Pack(2, price, size);
    Py_XDECREF(price);
    Py_XDECREF(size);
    Py_XDECREF(last);
    if (touch == NULL)
        return NULL;
    side->touch_spelled = best;
    Py_XSETREF(side->touch, touch);
    return Py_NewRef(touch);
}

static PyObject *Sides_best_bid(Sides *self, void *unused)
{
    return side_touch(&self->bids);
}

static PyObject *Sides_best_ask(Sides *self, void *unused)
{
    return side_touch(&self->asks);
}

static PyObject *Sides_is_crossed(Sides *self, void *unused)
{
    return PyBool_FromLong(is_crossed(self));
}

static PyObject *Sides_is_possible(Sides *self, void *unused)
{
    return PyBool_FromLong(is_possible(self));
}

static PyObject *Sides_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"depth", NULL};
    Py_ssize_t depth;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "n", names, &depth))
        return NULL;
    Sides *self = (Sides *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->depth = depth;
    self->bids.sign = 1.0;
    self->asks.sign = -1.0;
    return (PyObject *)self;
}

static void Sides_dealloc(Sides *self)
{
    side_clear(&self->bids);
    side_clear(&self->asks);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef Sides_methods[] = {{"load", (PyCFunction)(void (*)(void))Sides_load, METH_FASTCALL, load_doc},
                                      {"apply", (PyCFunction)(void (*)(void))Sides_apply, METH_FASTCALL, apply_doc},
                                      {"take", (PyCFunction)Sides_take, METH_O, take_doc},
                                      {"follow", (PyCFunction)(void (*)(void))Sides_follow, METH_FASTCALL, follow_doc},
                                      {"trim", (PyCFunction)Sides_trim, METH_NOARGS, trim_doc},
                                      {"spelled", (PyCFunction)(void (*)(void))Sides_spelled, METH_FASTCALL,
                                       spelled_doc},
                                      {NULL}};

static PyMemberDef Sides_members[] = {{"ts", T_LONGLONG, offsetof(Sides, ts), 0, NULL}, {NULL}};

static PyGetSetDef Sides_fields[] = {{"best_bid", (getter)Sides_best_bid, NULL, NULL, NULL},
                                     {"best_ask", (getter)Sides_best_ask, NULL, NULL, NULL},
                                     {"is_crossed", (getter)Sides_is_crossed, NULL, NULL, NULL},
                                     {"is_possible", (getter)Sides_is_possible, NULL, NULL, NULL},
                                     {NULL}};

static PyTypeObject Sides_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "woodlot.swift._swift.Sides",
    .tp_doc = "Both sides of a book in the exchange's spelling: `book/sides.py` says what each method promises.",
    .tp_basicsize = sizeof(Sides),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Sides_new,
    .tp_dealloc = (destructor)Sides_dealloc,
    .tp_methods = Sides_methods,
    .tp_members = Sides_members,
    .tp_getset = Sides_fields,
};

/* Steps: what a book was told last, and what that replaced */

typedef struct {
    PyObject *update, *before;
    int64_t ts;
    int levels;
} Step;

/* A ring: `count` steps from `first` on, in a room that is a power of two. */
typedef struct {
    PyObject_HEAD
    Step *ring;
    int first, count, room;
    int64_t levels;
    int most_levels, most_steps, span_ms;
    char is_held;
} Steps;

static PyTypeObject Steps_Type;

static Step *step_at(const Steps *self, int place)
{
    return self->ring + ((self->first + place) & (self->room - 1));
}

/* Make room for one more. False with an error set where there is no memory. */
static bool steps_grow(Steps *self)
{
    if (self->count < self->room)
        return true;
    int room = self->room == 0 ? 16 : 2 * self->room;
    Step *ring = PyMem_Malloc((size_t)room * sizeof(Step));
    if (ring == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (int i = 0; i < self->count; i++)
        ring[i] = *step_at(self, i);
    PyMem_Free(self->ring);
    self->ring = ring;
    self->room = room;
    self->first = 0;
    return true;
}

static void steps_pop(Steps *self)
{
    Step gone = *step_at(self, 0);
    self->first = (self->first + 1) & (self->room - 1);
    self->count--;
    self->levels -= gone.levels;
    Py_DECREF(gone.update);
    Py_DECREF(gone.before);
}

/* Add a step. There is room for it. */
static void steps_add(Steps *self, PyObject *update, PyObject *before, int64_t ts, int changed)
{
    Step *step = step_at(self, self->count++);
    step->update = Py_NewRef(update);
    step->before = Py_NewRef(before);
    step->ts = ts;
    /* An update counts itself as one level. */
    step->levels = changed + 1;
    self->levels += step->levels;
    /* Made short now and then: for every update that would cost as much as all the rest. */
    if (!self->is_held && self->levels <= (int64_t)self->most_levels * 5 / 4)
        return;
    int64_t most = (int64_t)self->most_levels * (self->is_held ? self->most_steps : 1);
    while (self->count > 0
           && (self->levels > most || self->count > self->most_steps || step_at(self, 0)->ts < ts - self->span_ms))
        steps_pop(self);
}

/* Read an attribute that is a number. What no int64_t holds is as far away as one can say. */
static bool number_of(PyObject *object, PyObject *name, int64_t *number)
{
    int beyond = 0;
    PyObject *value = PyObject_GetAttr(object, name);
    if (value == NULL)
        return false;
    *number = PyLong_AsLongLongAndOverflow(value, &beyond);
    Py_DECREF(value);
    if (beyond != 0)
        *number = beyond > 0 ? INT64_MAX : INT64_MIN / 2;
    return !PyErr_Occurred();
}

static bool steps_note(Steps *self, PyObject *update, PyObject *before)
{
    int64_t ts, changed;
    if (Py_IS_TYPE(update, &Delta_Type) && Py_IS_TYPE(before, &Before_Type)) {
        ts = ((Delta *)update)->ts;
        changed = ((Before *)before)->bids + ((Before *)before)->asks;
    }
    else if (!number_of(update, name_ts, &ts) || !number_of(before, name_total, &changed))
        return false;
    if (!steps_grow(self))
        return false;
    steps_add(self, update, before, ts, (int)changed);
    return true;
}

PyDoc_STRVAR(add_doc, "add(update, before, /)\n--\n\nNote an update that was just taken over.");

static PyObject *Steps_add(Steps *self, PyObject *const *arguments, Py_ssize_t given)
{
    if (given != 2) {
        PyErr_SetString(PyExc_TypeError, "add() takes an update and what was before");
        return NULL;
    }
    return steps_note(self, arguments[0], arguments[1]) ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(steps_clear_doc, "clear()\n--\n\nForget every step.");

static PyObject *Steps_clear(Steps *self, PyObject *unused)
{
    while (self->count > 0)
        steps_pop(self);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(pairs_doc, "pairs()\n--\n\nReturn each update with what it replaced, newest last.");

static PyObject *Steps_pairs(Steps *self, PyObject *unused)
{
    int count = self->count;
    PyObject *pairs = PyList_New(count);
    for (int i = 0; pairs != NULL && i < count; i++) {
        PyObject *both = i < self->count ? PyTuple_Pack(2, step_at(self, i)->update, step_at(self, i)->before) : NULL;
        if (both == NULL) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_RuntimeError, "the steps were changed while they were read");
            Py_CLEAR(pairs);
        }
        else
            PyList_SET_ITEM(pairs, i, both);
    }
    return pairs;
}

static Py_ssize_t Steps_length(Steps *self)
{
    return self->count;
}

static PyObject *Steps_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"most_levels", "most_steps", "span_ms", NULL};
    int most_levels, most_steps, span_ms;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "iii", names, &most_levels, &most_steps, &span_ms))
        return NULL;
    Steps *self = (Steps *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->most_levels = most_levels;
        self->most_steps = most_steps;
        self->span_ms = span_ms;
    }
    return (PyObject *)self;
}

static void Steps_dealloc(Steps *self)
{
    while (self->count > 0)
        steps_pop(self);
    PyMem_Free(self->ring);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef Steps_methods[] = {{"add", (PyCFunction)(void (*)(void))Steps_add, METH_FASTCALL, add_doc},
                                      {"clear", (PyCFunction)Steps_clear, METH_NOARGS, steps_clear_doc},
                                      {"pairs", (PyCFunction)Steps_pairs, METH_NOARGS, pairs_doc},
                                      {NULL}};

static PyMemberDef Steps_members[] = {{"is_held", T_BOOL, offsetof(Steps, is_held), 0, NULL}, {NULL}};

static PySequenceMethods Steps_as_sequence = {.sq_length = (lenfunc)Steps_length};

static PyTypeObject Steps_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "woodlot.swift._swift.Steps",
    .tp_doc = "The last updates of a book and what they replaced: `book/trail.py` says what each method promises.",
    .tp_basicsize = sizeof(Steps),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Steps_new,
    .tp_dealloc = (destructor)Steps_dealloc,
    .tp_methods = Steps_methods,
    .tp_members = Steps_members,
    .tp_as_sequence = &Steps_as_sequence,
};

/* Lane: the way of an update into its book while nothing is unusual */

typedef struct {
    PyObject_HEAD
    PyObject *symbol, *sides, *newest, *tell, *others;
    Steps *steps;
    long long applied, changed;
    char is_direct;
} Lane;

static PyTypeObject Lane_Type;

/* Return what a call of `sides.follow` in plain Python says, NULL where it says None; then nothing is changed. */
static PyObject *plain_follow(PyObject *sides, PyObject *update, PyObject *symbol)
{
    PyObject *before = PyObject_CallMethodObjArgs(sides, name_follow, update, symbol, NULL);
    if (before == Py_None)
        Py_CLEAR(before);
    return before;
}

/* Take over an update that follows. 1: done; 0: it does not, nothing has changed; -1: an error is set. */
static int lane_take(Lane *self, PyObject *update)
{
    PyObject *sides = self->sides, *before;
    if (sides == NULL || sides == Py_None)
        return 0;
    if (!steps_grow(self->steps))
        return -1;
    if (Py_IS_TYPE(sides, &Sides_Type))
        before = Py_IS_TYPE(update, &Delta_Type) ? sides_follow((Sides *)sides, (Delta *)update, self->symbol) : NULL;
    else {
        Py_INCREF(sides);
        before = plain_follow(sides, update, self->symbol);
        Py_DECREF(sides);
    }
    if (before == NULL)
        return PyErr_Occurred() ? -1 : 0;
    bool is_noted = steps_note(self->steps, update, before);
    Py_DECREF(before);
    if (!is_noted)
        return -1;
    Py_XSETREF(self->newest, Py_NewRef(update));
    self->applied++;
    self->changed++;
    return 1;
}

PyDoc_STRVAR(lane_take_doc,
"take(update, /)\n--\n\nTake over an update as almost all are; False where it is another, and nothing is changed.");

static PyObject *Lane_take(Lane *self, PyObject *update)
{
    int outcome = lane_take(self, update);
    return outcome < 0 ? NULL : PyBool_FromLong(outcome);
}

static PyObject *Lane_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"symbol", "steps", NULL};
    PyObject *symbol, *steps;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "UO!", names, &symbol, &Steps_Type, &steps))
        return NULL;
    Lane *self = (Lane *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->symbol = Py_NewRef(symbol);
    self->steps = (Steps *)Py_NewRef(steps);
    return (PyObject *)self;
}

static int Lane_traverse(Lane *self, visitproc visit, void *arg)
{
    Py_VISIT(self->sides);
    Py_VISIT(self->newest);
    Py_VISIT(self->tell);
    Py_VISIT(self->others);
    return 0;
}

static int Lane_clear(Lane *self)
{
    Py_CLEAR(self->sides);
    Py_CLEAR(self->newest);
    Py_CLEAR(self->tell);
    Py_CLEAR(self->others);
    return 0;
}

static void Lane_dealloc(Lane *self)
{
    PyObject_GC_UnTrack(self);
    Lane_clear(self);
    Py_XDECREF(self->symbol);
    Py_XDECREF(self->steps);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef Lane_methods[] = {{"take", (PyCFunction)Lane_take, METH_O, lane_take_doc}, {NULL}};

static PyMemberDef Lane_members[] = {{"sides", T_OBJECT, offsetof(Lane, sides), 0, NULL},
                                     {"newest", T_OBJECT, offsetof(Lane, newest), 0, NULL},
                                     {"tell", T_OBJECT, offsetof(Lane, tell), 0, NULL},
                                     {"others", T_OBJECT, offsetof(Lane, others), 0, NULL},
                                     {"steps", T_OBJECT, offsetof(Lane, steps), READONLY, NULL},
                                     {"applied", T_LONGLONG, offsetof(Lane, applied), 0, NULL},
                                     {"changed", T_LONGLONG, offsetof(Lane, changed), 0, NULL},
                                     {"is_direct", T_BOOL, offsetof(Lane, is_direct), 0, NULL},
                                     {NULL}};

static PyTypeObject Lane_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "woodlot.swift._swift.Lane",
    .tp_doc = "The way of an update into its book while nothing is unusual: see `book/lane.py`.",
    .tp_basicsize = sizeof(Lane),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = Lane_new,
    .tp_dealloc = (destructor)Lane_dealloc,
    .tp_traverse = (traverseproc)Lane_traverse,
    .tp_clear = (inquiry)Lane_clear,
    .tp_methods = Lane_methods,
    .tp_members = Lane_members,
};

/* What is called with what came, if anybody is to be called. */
static bool call(PyObject *receiver, PyObject *push)
{
    if (receiver == NULL || receiver == Py_None)
        return true;
    Py_INCREF(receiver);
    PyObject *answer = push == NULL ? PyObject_CallNoArgs(receiver) : PyObject_CallOneArg(receiver, push);
    Py_DECREF(receiver);
    Py_XDECREF(answer);
    return answer != NULL;
}

/* Tell whoever else hears the topic, here and now, and then whoever waits for the book: those run later anyhow. */
static bool lane_tell(Lane *self, PyTypeObject *kind, PyObject *topic, int64_t ts, Delta *delta)
{
    if (self->others != NULL && self->others != Py_None) {
        PyObject *push = push_of(kind, topic, ts, delta);
        bool is_told = push != NULL && call(self->others, push);
        Py_XDECREF(push);
        if (!is_told)
            return false;
    }
    return call(self->tell, NULL);
}

/* Return the lane that an update of `topic` goes, borrowed; NULL, with an error set or without, where there is none. */
static Lane *lane_of(PyObject *topic, PyObject *lanes, PyObject *live)
{
    PyObject *lane = PyDict_GetItemWithError(lanes, topic);
    if (lane == NULL || !Py_IS_TYPE(lane, &Lane_Type) || !((Lane *)lane)->is_direct)
        return NULL;
    return PySet_Contains(live, topic) == 1 ? (Lane *)lane : NULL;
}

/* Send an update down its lane. 1: it is in its book; 0: it is not, nothing has changed; -1: an error is set. */
static int send_down(PyTypeObject *kind, PyObject *topic, int64_t ts, Delta *delta, PyObject *lanes, PyObject *live)
{
    Lane *lane = lane_of(topic, lanes, live);
    if (lane == NULL)
        return PyErr_Occurred() ? -1 : 0;
    Py_INCREF(lane);
    int outcome = lane_take(lane, (PyObject *)delta);
    if (outcome == 1 && !lane_tell(lane, kind, topic, ts, delta))
        outcome = -1;
    Py_DECREF(lane);
    return outcome;
}

/* Read a frame. What is returned is a new `kind`, or None where the frame is not the plain case, or True where a lane
 * has taken it; NULL with an error set. `lanes` and `live` may be NULL. */
static PyObject *read_payload(PyObject *payload, PyTypeObject *kind, PyObject *lanes, PyObject *live)
{
    PyObject *push = NULL;
    Frame frame = {0};
    const char *text;
    Py_ssize_t length;
    if (!text_of(payload, &text, &length))
        Py_RETURN_NONE;
    read_owner = NULL;
    if (!read_frame(text, text + length, &frame, read_rows))
        Py_RETURN_NONE;
    Delta *delta = delta_of(payload, &frame);
    PyObject *topic = delta == NULL ? NULL : topic_of(&frame);
    int outcome = topic == NULL ? -1 : 0;
    if (outcome == 0 && lanes != NULL)
        outcome = send_down(kind, topic, frame.sent_ts, delta, lanes, live);
    if (outcome == 0)
        push = push_of(kind, topic, frame.sent_ts, delta);
    else if (outcome == 1)
        push = Py_NewRef(Py_True);
    Py_XDECREF(topic);
    Py_XDECREF(delta);
    return push;
}

PyDoc_STRVAR(read_doc,
"read(payload, push, /)\n--\n\n"
"Return a new `push` of the update in `payload`, or None where that is not the plain case.");

static PyObject *swift_read(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2 || !PyType_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "read() takes a payload and the type of what to return");
        return NULL;
    }
    return read_payload(arguments[0], (PyTypeObject *)arguments[1], NULL, NULL);
}

/* Taker: reads frames for who has lanes */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *kind, *otherwise;
} Taker;

static PyTypeObject Taker_Type;

static PyObject *Taker_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *named)
{
    Taker *taker = (Taker *)self;
    if (PyVectorcall_NARGS(flags) != 3 || named != NULL || !PyDict_Check(arguments[1]) || !PyAnySet_Check(arguments[2])) {
        PyErr_SetString(PyExc_TypeError, "expected a payload, a dict of lanes and a set of topics");
        return NULL;
    }
    PyObject *push = read_payload(arguments[0], (PyTypeObject *)taker->kind, arguments[1], arguments[2]);
    if (push == Py_None) {
        Py_DECREF(push);
        return PyObject_CallOneArg(taker->otherwise, arguments[0]);
    }
    if (push == Py_True) {
        Py_DECREF(push);
        Py_RETURN_NONE;
    }
    return push;
}

static PyObject *Taker_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"push", "otherwise", NULL};
    PyObject *kind, *otherwise;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O!O", names, &PyType_Type, &kind, &otherwise))
        return NULL;
    Taker *self = (Taker *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->vectorcall = Taker_call;
    self->kind = Py_NewRef(kind);
    self->otherwise = Py_NewRef(otherwise);
    return (PyObject *)self;
}

static int Taker_traverse(Taker *self, visitproc visit, void *arg)
{
    Py_VISIT(self->kind);
    Py_VISIT(self->otherwise);
    return 0;
}

static void Taker_dealloc(Taker *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->kind);
    Py_XDECREF(self->otherwise);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyTypeObject Taker_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "woodlot.swift._swift.Taker",
    .tp_doc = "Taker(push, otherwise): reads a payload with lanes and topics. None: the lane of its topic has it; else\n"
              "a new `push`, or what `otherwise` says of the payload.",
    .tp_basicsize = sizeof(Taker),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_new = Taker_new,
    .tp_dealloc = (destructor)Taker_dealloc,
    .tp_traverse = (traverseproc)Taker_traverse,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(Taker, vectorcall),
};

/* The module */

static int swift_exec(PyObject *module)
{
    /* The names above belong to one interpreter. A second one in this process goes without: the import fails there,
     * and plain Python does the work. */
    static PyInterpreterState *home;
    if (home != NULL && home != PyInterpreterState_Get()) {
        PyErr_SetString(PyExc_ImportError, "woodlot.swift._swift serves one interpreter of a process");
        return -1;
    }
    home = PyInterpreterState_Get();
    PyObject *decimal = PyImport_ImportModule("decimal");
    if (decimal == NULL)
        return -1;
    PyObject *context = PyObject_CallMethod(decimal, "Context", "i", DIGITS_KEPT);
    Py_DECREF(decimal);
    if (context == NULL)
        return -1;
    Py_XSETREF(create_decimal, PyObject_GetAttrString(context, "create_decimal"));
    Py_DECREF(context);
    if (create_decimal == NULL)
        return -1;
    if ((name_topic == NULL && (name_topic = PyUnicode_InternFromString("topic")) == NULL)
        || (name_ts == NULL && (name_ts = PyUnicode_InternFromString("ts")) == NULL)
        || (name_delta == NULL && (name_delta = PyUnicode_InternFromString("delta")) == NULL)
        || (name_total == NULL && (name_total = PyUnicode_InternFromString("total")) == NULL)
        || (name_follow == NULL && (name_follow = PyUnicode_InternFromString("follow")) == NULL))
        return -1;
    if (PyModule_AddType(module, &Delta_Type) < 0 || PyType_Ready(&Before_Type) < 0
        || PyModule_AddType(module, &Sides_Type) < 0 || PyModule_AddType(module, &Steps_Type) < 0
        || PyModule_AddType(module, &Lane_Type) < 0 || PyModule_AddType(module, &Taker_Type) < 0)
        return -1;
    return 0;
}

static PyMethodDef swift_methods[] = {
    {"read", (PyCFunction)(void (*)(void))swift_read, METH_FASTCALL, read_doc}, {NULL}};

static PyModuleDef_Slot swift_slots[] = {{Py_mod_exec, swift_exec},
#if PY_VERSION_HEX >= 0x030C0000
                                         {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
                                         {Py_mod_gil, Py_MOD_GIL_USED},
#endif
                                         {0, NULL}};

static struct PyModuleDef swift_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "woodlot.swift._swift",
    .m_doc = "The hot path of a book in C; `woodlot.swift` says whether it is in use.",
    .m_methods = swift_methods,
    .m_slots = swift_slots,
};

PyMODINIT_FUNC PyInit__swift(void)
{
    return PyModuleDef_Init(&swift_module);
}
