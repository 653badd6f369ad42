//! Measures how well the text search finds scenes that a question describes in other words than the stored ones.
//!
//! The scenes and questions are made up for this test and have nothing to do with the sample library. The questions were written before
//! anybody looked at the ranking. They may decide between general parameters, never about single words.

use rusqlite::Connection;

use super::text::{TextQuery, TextRow, add, create_tables, search};

const SCENES: [&str; 52] = [
    "A baker pulls fresh loaves from a brick oven and stacks them on wooden shelves.",
    "Two boys paddle a canoe across a still lake at dawn while mist rises.",
    "A surgeon and two nurses bend over a patient in a bright operating theatre.",
    "Firemen climb a ladder to rescue a woman from the window of a burning tenement.",
    "A grey cat stalks a sparrow along a garden wall.",
    "Soldiers in steel helmets march through a muddy village street.",
    "A violinist practises alone in an attic lit by a single lamp.",
    "Fishermen haul a heavy net full of herring onto the deck of a trawler.",
    "A judge bangs his gavel and orders the courtroom to be silent.",
    "Children build a snowman and throw snowballs in front of a school.",
    "A tailor measures a nervous gentleman for a suit in a cramped shop.",
    "A volcano throws lava into the night sky above a fishing harbour.",
    "A farmer drives a tractor over a field of ripe wheat, gulls following behind.",
    "An old woman feeds pigeons on a park bench.",
    "A pilot in goggles waves from the cockpit of a biplane before take-off.",
    "A burglar creeps through a dark parlour with a lantern and a sack.",
    "Dancers in white gowns waltz in a crowded ballroom.",
    "A blacksmith hammers a glowing horseshoe on an anvil.",
    "A doctor listens to a baby's heart with a stethoscope.",
    "Workers on an assembly line fasten wheels to new cars.",
    "A magician saws a box with his assistant in half before an amazed audience.",
    "Waves crash against a lighthouse during a violent storm.",
    "A teacher writes sums on the blackboard while pupils whisper.",
    "Climbers roped together cross a glacier below a sharp summit.",
    "A waiter slips on a banana peel and drops a tray of glasses.",
    "A herd of elephants drinks at a waterhole in the dry savanna.",
    "A spacecraft separates from its booster high above the Earth.",
    "A bride tosses her bouquet to the guests outside the church.",
    "Miners with lamps on their caps push carts of coal down a tunnel.",
    "A bear catches a salmon in the rapids of a river.",
    "A cashier counts bank notes and locks them in a safe.",
    "The boxer falls to the canvas and the referee counts to ten.",
    "A caravan of camels walks along the crest of a sand dune.",
    "Scientists pour a smoking liquid from one flask into another in a laboratory.",
    "A street vendor sells hot chestnuts to passers-by in the rain.",
    "A mother tucks her daughter into bed and reads her a fairy tale.",
    "Prisoners saw through the bars of their cell and lower themselves by knotted sheets.",
    "A crowd cheers as the king rides past in a gilded coach.",
    "A diver swims among corals and bright tropical fish.",
    "Skaters glide over a frozen canal between windmills.",
    "A tramp shares his last sandwich with a stray dog.",
    "A conductor raises his baton and the orchestra begins the overture.",
    "Bulldozers clear rubble after an earthquake has destroyed a town.",
    "A pickpocket lifts a watch from a stout man at the fair.",
    "A potter shapes a tall vase on a spinning wheel.",
    "Cowboys drive cattle across a shallow river in a cloud of dust.",
    "A woman at a switchboard connects telephone calls.",
    "A parachutist jumps out of the open door of an aeroplane.",
    "An artist paints the portrait of a lady in a red hat.",
    "A ferry full of commuters passes under a suspension bridge.",
    "Engineers watch dials and needles in the control room of a power station.",
    "A gardener prunes roses and rakes fallen leaves into a heap.",
];

/// A question and the number of the scene that it means.
const QUESTIONS: [(&str, usize); 52] = [
    ("bread coming out of the furnace", 0),
    ("kids rowing a small boat in the early morning", 1),
    ("medical operation in a hospital", 2),
    ("saving somebody from a house on fire", 3),
    ("kitten hunting a bird", 4),
    ("army troops walking through mud", 5),
    ("musician rehearsing by himself under the roof", 6),
    ("ship's crew catching fish", 7),
    ("trial in court, the magistrate calls for quiet", 8),
    ("playing in the winter snow", 9),
    ("eruption of a mountain after dark", 11),
    ("harvest machine on a grain farm", 12),
    ("elderly lady giving food to birds", 13),
    ("aviator greeting before the airplane departs", 14),
    ("thief sneaking around a house at night", 15),
    ("couples dancing at a fancy ball", 16),
    ("smith forging iron", 17),
    ("physician examining an infant", 18),
    ("automobile factory", 19),
    ("conjurer's trick in front of spectators", 20),
    ("rough sea in a tempest", 21),
    ("instructor in a classroom with students doing arithmetic", 22),
    ("mountaineers walking on ice", 23),
    ("someone trips over fruit and breaks glass", 24),
    ("rocket in orbit dropping a stage", 26),
    ("newlywed woman throws flowers at a wedding", 27),
    ("convicts escape from jail", 36),
    ("desert animals travelling over sand", 32),
    ("royal procession with a carriage, people applauding", 37),
    ("poor man gives food to a hungry puppy", 40),
    ("being fitted for new clothes", 10),
    ("large African animals at a drinking place", 25),
    ("men digging underground for fuel", 28),
    ("a wild beast fishing in a stream", 29),
    ("money stored in a vault", 30),
    ("prize fight ends with a knockout", 31),
    ("chemists mixing fumes in glass vessels", 33),
    ("somebody selling hot food on the pavement in wet weather", 34),
    ("bedtime story for a girl", 35),
    ("underwater reef with colourful sea life", 38),
    ("people on the ice in Holland", 39),
    ("start of a symphony concert", 41),
    ("clearing the ruins of a city after a natural disaster", 42),
    ("stealing a timepiece from a fat gentleman", 43),
    ("craftsman making pottery", 44),
    ("herding cows through the water", 45),
    ("phone operator putting people through", 46),
    ("leaping from a plane in flight", 47),
    ("painter at work on a picture of a woman", 48),
    ("boat carrying passengers beneath a bridge", 49),
    ("technicians monitoring instruments at an electricity plant", 50),
    ("tidying the garden in autumn", 51),
];

fn library() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    create_tables(&conn).unwrap();
    for (number, text) in SCENES.iter().enumerate() {
        let segment = format!("scene-{number:02}");
        let row =
            TextRow { index_id: "index", video_id: "video", segment_id: Some(&segment), run_id: "run", field_path: "description", text };
        add(&conn, &row).unwrap();
    }
    conn
}

/// The rank of the scene that a question means, from 1.
fn rank(conn: &Connection, question: &str, scene: usize) -> Option<usize> {
    let index_ids = ["index".to_owned()];
    let query = TextQuery { text: question, limit: SCENES.len(), index_ids: &index_ids, run_ids: None, fields: None };
    let wanted = format!("scene-{scene:02}");
    let hits = search(conn, &query).unwrap();
    hits.iter().position(|hit| hit.segment_id.as_deref() == Some(&wanted)).map(|at| at + 1)
}

#[test]
fn paraphrases_find_their_scene_among_the_first_five() {
    let conn = library();
    let ranks: Vec<_> = QUESTIONS.iter().map(|(question, scene)| (rank(&conn, question, *scene), question)).collect();
    let found = ranks.iter().filter(|(rank, _)| rank.is_some_and(|r| r <= 5)).count();
    assert!(found * 10 >= QUESTIONS.len() * 9, "{found} of {}: {ranks:#?}", QUESTIONS.len());
}

#[test]
fn a_scenes_own_words_find_it_first() {
    let conn = library();
    for (number, text) in SCENES.iter().enumerate() {
        assert_eq!(rank(&conn, text, number), Some(1), "{text}");
    }
}
