// A C program with floating point, sorting and standard input: counts words and prints the most frequent ones.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_words = 256, word_bytes = 32 };

struct word {
    char text[word_bytes];
    int count;
};

static int by_count(const void *left, const void *right) {
    const struct word *first = left, *second = right;
    return first->count != second->count ? second->count - first->count : strcmp(first->text, second->text);
}

int main(void) {
    struct word *words = calloc(most_words, sizeof *words);
    if (words == NULL) {
        return 1;
    }
    char text[word_bytes];
    int total = 0, distinct = 0;
    while (distinct < most_words && scanf("%31s", text) == 1) {
        for (char *letter = text; *letter; letter++) {
            *letter = (char)tolower((unsigned char)*letter);
        }
        int index = 0;
        while (index < distinct && strcmp(words[index].text, text) != 0) {
            index++;
        }
        if (index == distinct) {
            strcpy(words[distinct++].text, text);
        }
        words[index].count++;
        total++;
    }
    qsort(words, (size_t)distinct, sizeof *words, by_count);
    for (int index = 0; index < distinct && index < 3; index++) {
        printf("%-6s %2d  %4.1f %%\n", words[index].text, words[index].count, 100.0 * words[index].count / total);
    }
    printf("%d words, %d of them different\n", total, distinct);
    free(words);
    return 0;
}
