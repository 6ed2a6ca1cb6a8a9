#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include "model/internal.h"

/*
 * rules -- how a list of rules is read.
 *
 * read_authority.c	the words rules may use; whom and what they are about
 * read_rules.c		grant, limit, approval, prohibition: their keys
 * read_within.c	`within`: how often, how far, how many
 * read_bounds.c	`with` and `when`: what a parameter may be, when somebody is asked
 */
#define RULE_LIST_MAX 256

/* Words that rules may use besides names that are declared. */
struct words {
	struct names seen;
	str *list;
	size_t n;
};

struct vocabulary {
	struct words deeds; /* verbs and actions */
	struct words systems;
	struct words environments;
};

/* A text or a list of texts, none of them unknown, not empty. */
void read_words(struct reader *r, const struct node *node, const char *kind,
    const struct words *words, struct strs *ret);
/* "automation", "ana", {on-duty: platform-ops} */
void read_principal(struct reader *r, const struct node *node, struct principal *ret);
void read_principals(struct reader *r, const struct node *node, struct principal **ret,
    size_t *ret_n);
void read_scope(struct reader *r, const struct node *node, const struct vocabulary *v,
    struct scope *ret);

/* The map of one rule, whose kind is known. */
void read_rule(struct reader *r, const struct node *node, const struct vocabulary *v,
    struct rule *rule);

void read_within(struct reader *r, const struct node *node, const struct vocabulary *v,
    struct rule *rule);
/* `may` or `for` is read: what a parameter can be depends on the actions that are named. */
void read_bounds(struct reader *r, const struct node *node, struct rule *rule);
void read_whens(struct reader *r, const struct node *node, struct rule *rule);

#endif
