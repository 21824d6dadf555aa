fn main() -> std::io::Result<()> {
    println!("Rust");
    for argument in std::env::args().skip(1) {
        println!("argument: {argument}");
    }
    println!("greeting: {}", std::env::var("GREETING").unwrap_or("none".into()));
    print!("note: {}", std::fs::read_to_string("/note.txt")?);
    Ok(())
}
