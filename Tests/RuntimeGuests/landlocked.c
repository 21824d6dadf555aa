// landlocked PROGRAM ARGUMENTS: executes the program under Landlock rules, which refuse it character devices, and every mount as
// all such rules do. Exit status 125 where the kernel has no Landlock.
#define _GNU_SOURCE
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 2) return 2;
    struct landlock_ruleset_attr rules = {.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_CHAR};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0)) return 125;
    execv(arguments[1], arguments + 1);
    return 127;
}
