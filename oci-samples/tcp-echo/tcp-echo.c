// A TCP echo service on as many listening sockets as the runtime hands over.
//
// WASI preview 1 can't bind: the runtime listens and passes the sockets, as systemd does, and LISTEN_FDS says how many.
// Each line comes back with the number of the listener it arrived at; the line "quit" ends the service.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wasi/api.h>

enum { most_sockets = 32, line_bytes = 512 };

struct connection {
    size_t listener;
    size_t used;
    char line[line_bytes];
};

static struct pollfd sockets[most_sockets];
static struct connection connections[most_sockets];
static size_t listener_count;
static size_t socket_count;

// The granted sockets stand among the preopened directories, after standard input, output and error.
static void find_listeners(void) {
    __wasi_fdstat_t status;
    for (int descriptor = 3; listener_count < most_sockets; descriptor++) {
        if (__wasi_fd_fdstat_get(descriptor, &status) != 0) {
            break;
        }
        if (status.fs_filetype == __WASI_FILETYPE_SOCKET_STREAM) {
            fcntl(descriptor, F_SETFL, O_NONBLOCK);
            sockets[listener_count++] = (struct pollfd){.fd = descriptor, .events = POLLRDNORM};
        }
    }
    socket_count = listener_count;
}

static void accept_from(size_t listener) {
    int descriptor = accept4(sockets[listener].fd, NULL, NULL, SOCK_NONBLOCK);
    if (descriptor < 0) {
        return;
    }
    if (socket_count == most_sockets) {
        close(descriptor);
        return;
    }
    sockets[socket_count] = (struct pollfd){.fd = descriptor, .events = POLLRDNORM};
    connections[socket_count] = (struct connection){.listener = listener};
    socket_count++;
}

static int send_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(descriptor, bytes, count, 0);
        if (sent <= 0) {
            return -1;
        }
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

// Answers every whole line that has arrived. Returns -1 when the connection is over.
static int serve(size_t index) {
    struct connection *connection = &connections[index];
    ssize_t received = recv(
        sockets[index].fd, connection->line + connection->used, line_bytes - connection->used, 0);
    if (received < 0 && errno == EAGAIN) {
        return 0;
    }
    if (received <= 0) {
        return -1;
    }
    connection->used += (size_t)received;
    for (char *end; (end = memchr(connection->line, '\n', connection->used)) != NULL;) {
        size_t length = (size_t)(end - connection->line) + 1;
        if (length == 5 && memcmp(connection->line, "quit\n", 5) == 0) {
            printf("asked to quit by listener %zu\n", connection->listener);
            exit(0);
        }
        char answer[line_bytes + 32];
        int answer_length = snprintf(
            answer, sizeof answer, "%zu: %.*s", connection->listener, (int)length, connection->line);
        if (send_all(sockets[index].fd, answer, (size_t)answer_length) != 0) {
            return -1;
        }
        connection->used -= length;
        memmove(connection->line, connection->line + length, connection->used);
    }
    return connection->used == line_bytes ? -1 : 0;
}

int main(void) {
    find_listeners();
    const char *granted = getenv("LISTEN_FDS");
    printf("LISTEN_FDS=%s, found %zu\n", granted == NULL ? "" : granted, listener_count);
    fflush(stdout);
    if (listener_count == 0) {
        return 1;
    }
    for (;;) {
        if (poll(sockets, socket_count, -1) < 0) {
            fprintf(stderr, "poll: %s\n", strerror(errno));
            return 1;
        }
        // Backwards, so that a connection that ends is replaced by one that was looked at already.
        for (size_t index = socket_count; index-- > 0;) {
            if (sockets[index].revents == 0) {
                continue;
            }
            if (index < listener_count) {
                accept_from(index);
            } else if (serve(index) != 0) {
                close(sockets[index].fd);
                socket_count--;
                sockets[index] = sockets[socket_count];
                connections[index] = connections[socket_count];
            }
        }
    }
}
