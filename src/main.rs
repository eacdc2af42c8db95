//! t
use spendtop::*;

struct W;
impl sync::ingest::Watcher for W {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, p: &provider::Problem) {
        eprintln!("{p:?}")
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let s = store::Store::open(std::path::Path::new(&a[1]), &["team".into(), "env".into(), "project".into()]).unwrap();
    eprintln!("open {:?} {:?}", t.elapsed(), s.notices);
    if a.len() > 3 {
        let mut f = provider::files::BillingFiles::new("import", &a[3..], a[2].parse().unwrap()).unwrap();
        let o = sync::ingest::ingest(&s, &mut f, &Default::default(), &W);
        match o {
            Ok(o) => eprintln!(
                "{} {} {} groups {:?} already {}",
                o.rows,
                o.refused,
                o.groups.len(),
                o.import,
                o.already_stored
            ),
            Err(e) => eprintln!("{e} {:?}", e.hints),
        }
    }
    eprintln!("done {:?} size {} MB", t.elapsed(), s.kv().size() / 1000000);
    let st = std::fs::read_to_string("/proc/self/status").unwrap();
    for l in st.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")) {
        eprintln!("{l}");
    }
    let st = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = st.rsplit(')').next().unwrap().split_whitespace().collect();
    eprintln!("cpu u {} s {}", v[11], v[12]);
}
