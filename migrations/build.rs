//! Says when to build again: the migrations are embedded, and the compiler does not watch them.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=migrations/build.rs");
}
