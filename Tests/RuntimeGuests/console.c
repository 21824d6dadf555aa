// Receives a console as an engine does: console SOCKET TEXT. Listens on the path, takes the terminal that a runtime sends,
// writes TEXT and a newline to it, and prints the name that came with it and everything that the terminal says until its end.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count < 3) return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1)) return 3;
    int connection = accept(listener, 0, 0), terminal = -1;
    char name[4096] = "", control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {name, sizeof name - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0) return 4;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS) return 5;
    memcpy(&terminal, CMSG_DATA(header), sizeof terminal);
    printf("received %s %d\n", name, isatty(terminal));
    fflush(stdout);
    dprintf(terminal, "%s\n", words[2]);
    char buffer[4096];
    for (ssize_t length; (length = read(terminal, buffer, sizeof buffer)) > 0;) {
        fwrite(buffer, 1, (size_t)length, stdout);
        fflush(stdout);
    }
    return 0;
}
