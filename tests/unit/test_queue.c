#include "hands/queue.h"

#include "support/test.h"

static void
queue__is_first_in_first_out(void)
{
	struct queue queue;
	queue_init(&queue, 3, 100);
	EXPECT(queue_put(&queue, 1, 10, STR("one")));
	EXPECT(queue_put(&queue, 2, 20, STR("")));
	struct waiting *first = queue_take(&queue);
	EXPECT_U64(first->id, 1);
	EXPECT_U64(first->since_at, 10);
	EXPECT_STR(waiting_bytes(first), STR("one"));
	queue_put_back(&queue, first);
	struct waiting *second = queue_take(&queue);
	EXPECT_U64(second->id, 2);
	EXPECT_STR(waiting_bytes(second), STR(""));
	waiting_free(second);
	queue_clear(&queue);
	EXPECT(queue_take(&queue) == NULL);
	EXPECT_U64(queue.bytes, 0);
}

static void
queue__refuses_what_is_too_much(void)
{
	struct queue queue;
	queue_init(&queue, 2, 5);
	EXPECT(!queue_put(&queue, 1, 0, STR("123456")));
	EXPECT(queue_put(&queue, 1, 0, STR("123")));
	EXPECT(!queue_put(&queue, 2, 0, STR("123")));
	EXPECT(queue_put(&queue, 2, 0, STR("12")));
	EXPECT(!queue_put(&queue, 3, 0, STR("")));
	queue_drop(&queue, queue_find(&queue, 1));
	EXPECT(queue_put(&queue, 3, 0, STR("123")));
	EXPECT(queue_find(&queue, 1) == NULL);
	EXPECT(queue_find(&queue, 3) != NULL);
	queue_clear(&queue);
}

int
main(void)
{
	RUN(queue__is_first_in_first_out);
	RUN(queue__refuses_what_is_too_much);
	TEST_MAIN_END();
}
