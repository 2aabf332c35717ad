/* The descent of rows through the trees of a model: compiled by `bin/models add --compiled`.
 *
 * mr/models/compiled_trees.py has the layout. The rows of a group go down side by side, so that a row's wait for
 * memory is another's work, and without branches, which no processor could predict. Every row is
 * scored by itself, tree after tree: its bits are those that scikit-learn gives it.
 */

#include <math.h>
#include <stdint.h>

#define GROUP 16

struct node {
    double threshold;
    int32_t feature; /* doubled; odd where a missing value goes left */
    int32_t left;    /* in its tree; the right child follows; a leaf is its own */
};

/* Each row of the group goes a node further down; returns whether any did. */
static inline __attribute__((always_inline)) int32_t
step(const struct node *tree, const double *const *row, int32_t *at, const int missing)
{
    int32_t moved = 0;
    for (int i = 0; i < GROUP; i++) {
        const struct node *node = tree + at[i];
        double value = row[i][node->feature >> 1];
        int32_t right = !(value <= node->threshold);
        if (missing)
            right &= !((value != value) & node->feature);
        moved |= (node->left + right) ^ at[i];
        at[i] = node->left + right;
    }
    return moved;
}

static inline __attribute__((always_inline)) void
descend(const struct node *tree, const double *const *row, int32_t *at, const int missing)
{
    do
        step(tree, row, at, missing); /* two at once: to ask takes as long as to go on */
    while (step(tree, row, at, missing));
}

/* Adds to sums (count, columns) what each tree gives for rows (count, features): the values
 * (nodes, width) of the leaf. Where width is less than columns, trees take turns with them. */
void add_trees(const struct node *nodes, const int64_t *roots, int64_t trees, const double *values,
               int64_t width, int64_t columns, const double *rows, int64_t count,
               int64_t features, int64_t missing, double *sums)
{
    for (int64_t tree = 0; tree < trees; tree++) {
        const double *leaves = values + roots[tree] * width;
        int64_t first = tree * width % columns;
        for (int64_t start = 0; start < count; start += GROUP) {
            const double *row[GROUP];
            int32_t at[GROUP] = {0};
            for (int i = 0; i < GROUP; i++)
                row[i] = rows + (start + i < count ? start + i : count - 1) * features;
            if (missing)
                descend(nodes + roots[tree], row, at, 1);
            else
                descend(nodes + roots[tree], row, at, 0);
            for (int i = 0; i < GROUP && start + i < count; i++)
                for (int64_t column = 0; column < width; column++)
                    sums[(start + i) * columns + first + column] += leaves[at[i] * width + column];
        }
    }
}

void logistic(double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = 1 / (1 + exp(-values[i]));
}
