#include "support/fill.h"

#define WALL_LAST \
	UINT64_C(253402300799999) /* the end of 9999: the last that JSON can say */

size_t
fill_below(struct fill *fill, size_t n)
{
	fill->seed = fill->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (size_t)(fill->seed >> 33) % n;
}

/* Of any size, not 0. */
uint64_t
fill_number(struct fill *fill)
{
	uint64_t bits = (uint64_t)fill_below(fill, UINT32_MAX) << 32;
	bits |= fill_below(fill, UINT32_MAX);
	switch (fill_below(fill, 8)) {
	case 0:
		return UINT64_MAX;
	case 1:
		return 1;
	default:
		return (bits >> fill_below(fill, 64)) | 1;
	}
}

static str
text(struct fill *fill)
{
	static const char *const texts[] = {
		"checkout",
		"a",
		"3 of 3 restarts of checkout in 1h are used",
		"quotes \" and \\ and \n line ends \t\r",
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa5",
		"\x01\x1f\x7f controls",
		"</script>",
	};
	if (fill_below(fill, 16) > 0)
		return str_of(texts[fill_below(fill, countof(texts))]);

	size_t n = 1 + fill_below(fill, 700);
	char *p = arena_new(fill->arena, char, n);
	memset(p, 'x', n);
	return (str){ p, n };
}

static str
bytes(struct fill *fill)
{
	size_t n = 1 + fill_below(fill, 40);
	uint8_t *p = arena_new(fill->arena, uint8_t, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)fill_below(fill, 256);
	return (str){ (const char *)p, n };
}

static uint32_t
enumerator(struct fill *fill, const struct field *field)
{
	for (;;) {
		size_t i = 1 + fill_below(fill, field->names_n - 1);
		if (field->names[i] != NULL)
			return (uint32_t)i;
	}
}

static struct strs
strs(struct fill *fill)
{
	struct strs list = { NULL, 1 + fill_below(fill, 4) };
	list.p = arena_new(fill->arena, str, list.n);
	for (size_t i = 0; i < list.n; i++)
		list.p[i] = fill_below(fill, 4) ? text(fill) : STR("");
	return list;
}

static struct pairs
pairs(struct fill *fill)
{
	static const char *const names[] = { "", "B", "alertname", "b", "job", "namespace",
		"\xc3\xa9" };
	struct pairs list = { arena_new(fill->arena, struct pair, countof(names)), 0 };
	for (size_t i = 0; i < countof(names); i++) {
		if (fill_below(fill, 2) > 0 || i + 1 == countof(names))
			list.p[list.n++] = (struct pair){ str_of(names[i]), text(fill) };
	}
	return list;
}

static struct records
records(struct fill *fill, const struct record_type *type)
{
	struct records list = { NULL, 1 + fill_below(fill, 4) };
	char *p = arena_alloc(fill->arena, type->size, alignof(max_align_t), list.n);
	list.p = p;
	for (size_t i = 0; i < list.n; i++)
		fill_record(fill, type, p + i * type->size);
	return list;
}

static void
fill_value(struct fill *fill, const struct field *field, void *value)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		*(bool *)value = true;
		return;
	case FIELD_U32:
		*(uint32_t *)value = (uint32_t)fill_number(fill) | 1;
		return;
	case FIELD_ENUM:
		*(uint32_t *)value = enumerator(fill, field);
		return;
	case FIELD_U64:
	case FIELD_I64:
	case FIELD_MSEC:
	case FIELD_HEX64:
		*(uint64_t *)value = fill_number(fill);
		return;
	case FIELD_WALL:
		*(msec *)value = 1 + fill_number(fill) % WALL_LAST;
		return;
	case FIELD_STR:
		*(str *)value = text(fill);
		return;
	case FIELD_BYTES:
		*(str *)value = bytes(fill);
		return;
	case FIELD_HASH:
		for (size_t i = 0; i < sizeof(hash32); i++)
			((hash32 *)value)->b[i] = (uint8_t)(1 + fill_below(fill, 255));
		return;
	case FIELD_STRS:
		*(struct strs *)value = strs(fill);
		return;
	case FIELD_PAIRS:
		*(struct pairs *)value = pairs(fill);
		return;
	case FIELD_RECORDS:
		*(struct records *)value = records(fill, field->type);
		return;
	case FIELD_RECORD:
		fill_record(fill, field->type, value);
		return;
	}
	UNREACHABLE();
}

void
fill_record(struct fill *fill, const struct record_type *type, void *ret)
{
	memset(ret, 0, type->size);
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (fill_below(fill, 8) < fill->fields_of_8)
			fill_value(fill, field, (char *)ret + field->offset);
	}
}
