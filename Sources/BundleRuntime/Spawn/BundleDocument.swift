import JSON
import OCISpec
import SystemCalls

/// A bundle's `config.json`, read.
public struct BundleDocument: Sendable {
    /// The directory of the bundle, absolute.
    public let bundle: String
    /// The text, which is kept with the container.
    let bytes: [UInt8]
    public let configuration: RuntimeConfiguration

    /// The most bytes of a `config.json`.
    static let sizeLimit = 4 << 20

    init(bundle: String, bytes: [UInt8]) throws(RuntimeFailure) {
        self.bundle = bundle
        self.bytes = bytes
        do throws(JSONError) { configuration = try RuntimeConfiguration(reading: bytes) } catch {
            throw RuntimeFailure(.refused, "\(bundle)/config.json: \(error)")
        }
    }

    /// - Parameter file: another file than the bundle's own.
    public static func read(bundle: String, file: String? = nil) throws(RuntimeFailure) -> BundleDocument {
        let bundle = try absolute(bundle)
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try Files.contents(of: file ?? "\(bundle)/config.json", limit: sizeLimit)
        } catch { throw RuntimeFailure(.refused, "the bundle's configuration: \(error)") }
        return try BundleDocument(bundle: bundle, bytes: bytes)
    }

    /// A path of the host as it is from the working directory.
    static func absolute(_ path: String) throws(RuntimeFailure) -> String {
        do throws(SystemCallError) { return try Files.absolutePath(path) } catch {
            throw RuntimeFailure(.system, "the working directory: \(error)")
        }
    }
}
