// Sends what no client would send: packets SOCKET COUNT SEED. Packets of every size and of random bytes, some with descriptors
// that nobody asked for, some connections that say nothing or go away at once. Prints how many connections there were.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char bytes[300000];

int main(int count, char **words) {
    if (count < 4) return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
    srandom((unsigned)atoi(words[3]));
    int connections = 0;
    for (int turn = atoi(words[2]); turn > 0; turn--) {
        int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (connection < 0) return 3;
        if (connect(connection, (void *)&address, sizeof address) == 0) {
            connections++;
            size_t size = (size_t)random() % (turn % 7 ? 512 : 200000);
            for (size_t index = 0; index < size; index++) bytes[index] = (char)(random() >> 7);
            char control[CMSG_SPACE(sizeof(int) * 200)];
            struct iovec part = {bytes, size};
            struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
            int descriptors = (int)(random() % 8 == 0 ? random() % 200 : 0);
            if (descriptors > 0) {
                message.msg_control = control;
                message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)descriptors);
                struct cmsghdr *header = CMSG_FIRSTHDR(&message);
                *header = (struct cmsghdr){
                    .cmsg_len = CMSG_LEN(sizeof(int) * (size_t)descriptors), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
                memset(CMSG_DATA(header), 0, sizeof(int) * (size_t)descriptors);
            }
            if (turn % 5) sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        close(connection);
    }
    printf("%d\n", connections);
    return 0;
}
