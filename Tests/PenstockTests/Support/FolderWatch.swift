#if os(Linux)
    import Foundation
    import Glibc
    import Testing

    /// Tells when a file gets its final name in a folder, without looking again and again.
    final class FolderWatch {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = inotify_init1(Int32(IN_CLOEXEC))
            try #require(descriptor >= 0)
            try #require(inotify_add_watch(descriptor, path, UInt32(IN_MOVED_TO)) >= 0)
        }

        deinit { close(descriptor) }

        /// Waits; false when the writer of `handle` ended first.
        func waitsForRename(orEndOf handle: FileHandle) -> Bool {
            var files = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: handle.fileDescriptor, events: 0, revents: 0),
            ]
            while poll(&files, 2, -1) < 0, errno == EINTR {}
            return files[0].revents & Int16(POLLIN) != 0
        }
    }
#endif
