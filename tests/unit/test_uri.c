#include "intake/uri.h"

#include "support/test.h"

/* Each row was put to Alertmanager 0.25 as a generatorURL. */
static void
uri_ok__is_what_alertmanager_takes(void)
{
	static const char *const rows[] = {
		"http://",
		"/",
		"/x",
		"*",
		"//h",
		"a:b",
		"a:",
		"http://h:80",
		"http://h:",
		"http://[::1]:80/",
		"http://h/%41",
		"http://h/?q=%zz",
		"http://h/#a b",
		"http://h/ a",
		"http://h/\xc3\xa9",
		"http://\xc3\xa9/",
		"http://u:p@h/",
		"http://h\"x/",
		"ht+tp-1.0:x",
		"http:h",
		"http://<h>/",
		"mailto:x@y",
		"http://[::1%25eth]/",
		"http://h:80:90/",
		"http://u@v@h/",
		"http://h/a?b c",
		"http:/x",
		"http:%zz",
		"http://a%25b/",
		"http://a,b;c=d!$&'()*+~_/",
		"http://prometheus:9090/graph?g0.expr=vector%281%29&g0.tab=1",
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		EXPECT(uri_ok(str_of(rows[i])));
	}
}

static void
uri_ok__is_not_what_alertmanager_refuses(void)
{
	static const char *const rows[] = {
		"",
		"1a:b",
		":x",
		"http://h:x",
		"http://[::1",
		"http://h/%zz",
		"http://h/%4",
		"http://h%41/",
		"http://u ser@h/",
		"http://h/\x7f",
		"http://h/\n",
		"http://h|x/",
		"x",
		"x/y",
		"not a uri",
		"ht_tp:x",
		"http://h^/",
		"?x",
		"a?b:c",
		"http://a b/",
		"http://[::1%eth]/",
		"http://[x]y/",
		"http://u%zz@h/",
		"http://h:-1/",
		"http://%h/",
		"http://[a%41]/",
		"http://{h}/",
		"http://h`/",
		"http://h\\x/",
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		EXPECT(!uri_ok(str_of(rows[i])));
	}
}

int
main(void)
{
	RUN(uri_ok__is_what_alertmanager_takes);
	RUN(uri_ok__is_not_what_alertmanager_refuses);
	TEST_MAIN_END();
}
