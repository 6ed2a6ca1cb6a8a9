#include "intake/form.h"

#include "support/test.h"

static void
form__finds_a_value_and_decodes_it(void)
{
	static const struct {
		const char *body;
		enum form_status status;
		const char *value;
	} rows[] = {
		{ "token=abc", FORM_FOUND, "abc" },
		{ "person=ana&token=a+b%26c%3D&x=1", FORM_FOUND, "a b&c=" },
		{ "token=", FORM_FOUND, "" },
		{ "token", FORM_FOUND, "" },
		{ "tokens=abc", FORM_MISSING, NULL },
		{ "", FORM_MISSING, NULL },
		{ "&&&", FORM_MISSING, NULL },
		{ "token=%4", FORM_BROKEN, NULL },
		{ "token=%zz", FORM_BROKEN, NULL },
		{ "token=a&token=b", FORM_BROKEN, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static char memory[256];
		struct arena arena = arena_over(memory, sizeof(memory));
		str value = STR("untouched");
		test_row = rows[i].body;
		EXPECT(form_value(str_of(rows[i].body), STR("token"), &arena, &value) ==
		       rows[i].status);
		EXPECT(str_eq(value,
		    str_of(rows[i].value != NULL ? rows[i].value : "untouched")));
	}
}

static void
form__refuses_what_finds_no_room(void)
{
	static char memory[8];
	struct arena arena = arena_over(memory, sizeof(memory));
	str value;
	EXPECT(!form_decode(STR("a value longer than that"), &arena, &value));
}

int
main(void)
{
	RUN(form__finds_a_value_and_decodes_it);
	RUN(form__refuses_what_finds_no_room);
	TEST_MAIN_END();
}
