const std = @import("std");

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    var buffer: [1024]u8 = undefined;
    var writer: std.Io.File.Writer = .init(.stdout(), init.io, &buffer);
    const output = &writer.interface;

    try output.print("Zig\n", .{});
    const arguments = try init.minimal.args.toSlice(arena);
    for (arguments[1..]) |argument| {
        try output.print("argument: {s}\n", .{argument});
    }
    try output.print("greeting: {s}\n", .{init.environ_map.get("GREETING") orelse "none"});
    // Zig's current directory is the first preopened one, which is the image's root.
    const note = try std.Io.Dir.cwd().readFileAlloc(init.io, "note.txt", arena, .limited(1 << 20));
    try output.print("note: {s}", .{note});
    try output.flush();
}
