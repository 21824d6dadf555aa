// Waits to be ended: what is left is what a container occupies.
#include <unistd.h>

int main(void) {
    for (;;) sleep(3600);
}
