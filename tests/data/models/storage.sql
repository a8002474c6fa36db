CREATE TYPE public.studydirection AS ENUM (
    'NOT_SET',
    'MINIMIZE',
    'MAXIMIZE'
);
CREATE TYPE public.trialintermediatevaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG',
    'NAN'
);
CREATE TYPE public.trialstate AS ENUM (
    'RUNNING',
    'COMPLETE',
    'PRUNED',
    'FAIL',
    'WAITING'
);
CREATE TYPE public.trialvaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG'
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.studies (
    study_id integer NOT NULL,
    study_name character varying(512) NOT NULL
);
CREATE SEQUENCE public.studies_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studies_study_id_seq OWNED BY public.studies.study_id;
CREATE TABLE public.study_directions (
    study_direction_id integer NOT NULL,
    direction public.studydirection NOT NULL,
    study_id integer NOT NULL,
    objective integer NOT NULL
);
CREATE SEQUENCE public.study_directions_study_direction_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_directions_study_direction_id_seq OWNED BY public.study_directions.study_direction_id;
CREATE TABLE public.study_system_attributes (
    study_system_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_system_attributes_study_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_system_attributes_study_system_attribute_id_seq OWNED BY public.study_system_attributes.study_system_attribute_id;
CREATE TABLE public.study_user_attributes (
    study_user_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_user_attributes_study_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_user_attributes_study_user_attribute_id_seq OWNED BY public.study_user_attributes.study_user_attribute_id;
CREATE TABLE public.studyhall_budget (
    study_id integer NOT NULL,
    key character varying(32) NOT NULL,
    trials integer NOT NULL,
    timeout double precision,
    max_failures integer NOT NULL,
    workers integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.studyhall_budget_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studyhall_budget_study_id_seq OWNED BY public.studyhall_budget.study_id;
CREATE TABLE public.studyhall_lease (
    token character varying(32) NOT NULL,
    study_id integer NOT NULL,
    trial_id integer NOT NULL,
    attempt integer NOT NULL,
    deaths integer DEFAULT 0 NOT NULL,
    reported integer DEFAULT 0 NOT NULL,
    handed_back boolean DEFAULT false NOT NULL,
    trouble character varying(600) DEFAULT ''::character varying NOT NULL,
    worker character varying(200) NOT NULL,
    device character varying(100) NOT NULL,
    packages text DEFAULT '{}'::text NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.studyhall_schema (
    version integer NOT NULL
);
CREATE TABLE public.trial_heartbeats (
    trial_heartbeat_id integer NOT NULL,
    trial_id integer NOT NULL,
    heartbeat timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq OWNED BY public.trial_heartbeats.trial_heartbeat_id;
CREATE TABLE public.trial_intermediate_values (
    trial_intermediate_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    step integer NOT NULL,
    intermediate_value double precision,
    intermediate_value_type public.trialintermediatevaluetype NOT NULL
);
CREATE SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq OWNED BY public.trial_intermediate_values.trial_intermediate_value_id;
CREATE TABLE public.trial_params (
    param_id integer NOT NULL,
    trial_id integer,
    param_name character varying(512),
    param_value double precision,
    distribution_json text
);
CREATE SEQUENCE public.trial_params_param_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_params_param_id_seq OWNED BY public.trial_params.param_id;
CREATE TABLE public.trial_system_attributes (
    trial_system_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq OWNED BY public.trial_system_attributes.trial_system_attribute_id;
CREATE TABLE public.trial_user_attributes (
    trial_user_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq OWNED BY public.trial_user_attributes.trial_user_attribute_id;
CREATE TABLE public.trial_values (
    trial_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    objective integer NOT NULL,
    value double precision,
    value_type public.trialvaluetype NOT NULL
);
CREATE SEQUENCE public.trial_values_trial_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_values_trial_value_id_seq OWNED BY public.trial_values.trial_value_id;
CREATE TABLE public.trials (
    trial_id integer NOT NULL,
    number integer,
    study_id integer,
    state public.trialstate NOT NULL,
    datetime_start timestamp without time zone,
    datetime_complete timestamp without time zone
);
CREATE SEQUENCE public.trials_trial_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trials_trial_id_seq OWNED BY public.trials.trial_id;
CREATE TABLE public.version_info (
    version_info_id integer NOT NULL,
    schema_version integer,
    library_version character varying(256),
    CONSTRAINT version_info_version_info_id_check CHECK ((version_info_id = 1))
);
ALTER TABLE ONLY public.studies ALTER COLUMN study_id SET DEFAULT nextval('public.studies_study_id_seq'::regclass);
ALTER TABLE ONLY public.study_directions ALTER COLUMN study_direction_id SET DEFAULT nextval('public.study_directions_study_direction_id_seq'::regclass);
ALTER TABLE ONLY public.study_system_attributes ALTER COLUMN study_system_attribute_id SET DEFAULT nextval('public.study_system_attributes_study_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.study_user_attributes ALTER COLUMN study_user_attribute_id SET DEFAULT nextval('public.study_user_attributes_study_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.studyhall_budget ALTER COLUMN study_id SET DEFAULT nextval('public.studyhall_budget_study_id_seq'::regclass);
ALTER TABLE ONLY public.trial_heartbeats ALTER COLUMN trial_heartbeat_id SET DEFAULT nextval('public.trial_heartbeats_trial_heartbeat_id_seq'::regclass);
ALTER TABLE ONLY public.trial_intermediate_values ALTER COLUMN trial_intermediate_value_id SET DEFAULT nextval('public.trial_intermediate_values_trial_intermediate_value_id_seq'::regclass);
ALTER TABLE ONLY public.trial_params ALTER COLUMN param_id SET DEFAULT nextval('public.trial_params_param_id_seq'::regclass);
ALTER TABLE ONLY public.trial_system_attributes ALTER COLUMN trial_system_attribute_id SET DEFAULT nextval('public.trial_system_attributes_trial_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_user_attributes ALTER COLUMN trial_user_attribute_id SET DEFAULT nextval('public.trial_user_attributes_trial_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_values ALTER COLUMN trial_value_id SET DEFAULT nextval('public.trial_values_trial_value_id_seq'::regclass);
ALTER TABLE ONLY public.trials ALTER COLUMN trial_id SET DEFAULT nextval('public.trials_trial_id_seq'::regclass);

INSERT INTO public.alembic_version (version_num) VALUES ('v3.2.0.a');
INSERT INTO public.studies (study_id, study_name) VALUES (1, 'tiny');
INSERT INTO public.studies (study_id, study_name) VALUES (2, 'colour');
INSERT INTO public.studies (study_id, study_name) VALUES (3, 'place');
INSERT INTO public.studies (study_id, study_name) VALUES (4, 'tiny/confirm');
INSERT INTO public.studies (study_id, study_name) VALUES (5, 'tiny/final');
INSERT INTO public.studies (study_id, study_name) VALUES (6, 'colour/final');
INSERT INTO public.studies (study_id, study_name) VALUES (7, 'place/final');
SELECT pg_catalog.setval('public.studies_study_id_seq', 7, true);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (1, 'MAXIMIZE', 1, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (2, 'MAXIMIZE', 2, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (3, 'MAXIMIZE', 3, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (4, 'MAXIMIZE', 4, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (5, 'MINIMIZE', 5, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (6, 'MINIMIZE', 6, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (7, 'MINIMIZE', 7, 0);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 7, true);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (1, 1, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (2, 1, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (3, 1, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 3.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**2** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 36 images to train on, 12 to validate; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (4, 1, 'dashboard:1:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (5, 1, 'dashboard:1:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 3, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 17 images/s, 7.6 s in all\\n\\n![confusion](/artifacts/1/1/ed747a6c-25aa-506e-bca4-208f4fad5851) ![learning-curve](/artifacts/1/1/824afaf8-f652-5682-b0b8-1208cd9ef54a)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (6, 1, 'dashboard:2:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (7, 1, 'dashboard:2:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 1, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00724247 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.107573 |\\n\\n- workstation, cpu; attempt 1\\n- 17 images/s, 7.5 s in all\\n\\n![confusion](/artifacts/1/2/dcc6499c-092a-5b7b-839d-29402adc96e0) ![learning-curve](/artifacts/1/2/be4c5069-bda5-59c9-8499-d4a733030188)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (8, 2, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (9, 2, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (10, 2, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 4.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**1** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 6 people or groups, 2 classes; 32 images to train on, 16 to validate; nobody is on both sides. They are the values of colour, one of the factors colour, place; the split is that of the whole label.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| blue\\u2002 | 16\\u2002 | 8 |\\n| red\\u2002 | 16\\u2002 | 8 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 4 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (11, 2, 'dashboard:3:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (12, 2, 'dashboard:3:note_str:0', E'"**complete** after 4 epochs: best macro-F1 **0.9373** in epoch 4, accuracy 0.9375\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00343793 |\\n\\n- workstation, cpu; attempt 1\\n- 20 images/s, 7.7 s in all\\n\\n![confusion](/artifacts/2/3/4055c238-5730-5f3e-8723-d7f835242517) ![learning-curve](/artifacts/2/3/c285c3e0-33cd-51b0-b7ac-f9cdd2822591)\\n\\nClasses in epoch 4, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| blue\\u2002 | 0.933\\u2002 | 8\\u2002 | red &#40;1&#41; |\\n| red\\u2002 | 0.941\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (13, 3, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (14, 3, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (15, 3, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 4.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**1** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 6 people or groups, 2 classes; 32 images to train on, 16 to validate; nobody is on both sides. They are the values of place, one of the factors colour, place; the split is that of the whole label.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| bottom\\u2002 | 16\\u2002 | 8 |\\n| top\\u2002 | 16\\u2002 | 8 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 4 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (16, 3, 'dashboard:4:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (17, 3, 'dashboard:4:note_str:0', E'"**complete** after 4 epochs: best macro-F1 **1.0000** in epoch 2, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00343793 |\\n\\n- workstation, cpu; attempt 1\\n- 11 images/s, 14.6 s in all\\n\\n![confusion](/artifacts/3/4/4b33309b-f85c-571a-b33e-b64d2d44bde1) ![learning-curve](/artifacts/3/4/26c0db23-9d49-52a2-aa32-335ba95f9f8e)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| bottom\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| top\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (18, 4, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (19, 4, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (20, 4, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- `finalize` trains configurations of the study tiny again: its leaders over folds of people, which tells what to expect of them; the value is the F1 of those who are held out, at the best epoch.\\n- **A trial''s attribute `order`** says which one, and on whom.\\n- **Look, do not touch**: `finalize --study tiny` goes on from here, and `search work --study tiny --confirm`\\n  helps.\\n\\n### Budget\\n\\n**4** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 2 folds (the table shows the first); nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 8\\u2002 | 8 |\\n| b\\u2002 | 8\\u2002 | 8 |\\n| c\\u2002 | 8\\u2002 | 8 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (21, 4, 'dashboard:5:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (22, 4, 'dashboard:5:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 3, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 21 images/s, 4.6 s in all\\n\\n![confusion](/artifacts/4/5/ae5683ca-777e-5cd9-980c-fb116b2c37fc) ![learning-curve](/artifacts/4/5/0ee8a564-9496-576c-a1ab-d24b0868a639)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (23, 4, 'dashboard:6:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (24, 4, 'dashboard:6:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 1, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00724247 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.107573 |\\n\\n- workstation, cpu; attempt 1\\n- 22 images/s, 4.3 s in all\\n\\n![confusion](/artifacts/4/6/e4a0e91f-1a18-5e8e-a011-dbbb7439f79d) ![learning-curve](/artifacts/4/6/1dda8d3f-e3d7-5e8c-912d-5808e40e15e3)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (25, 4, 'dashboard:7:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (26, 4, 'dashboard:7:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.6393** in epoch 3, accuracy 0.7083\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 21 images/s, 4.7 s in all\\n\\n![confusion](/artifacts/4/7/a0b7d364-bc86-5cee-ba4d-1e40d6acfcdb) ![learning-curve](/artifacts/4/7/28e17b59-2024-52cc-8c96-d59b568bf860)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| c\\u2002 | 0.222\\u2002 | 8\\u2002 | a &#40;7&#41; |\\n| a\\u2002 | 0.696\\u2002 | 8\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (27, 4, 'dashboard:8:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (28, 4, 'dashboard:8:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 3, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00724247 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.107573 |\\n\\n- workstation, cpu; attempt 1\\n- 27 images/s, 3.7 s in all\\n\\n![confusion](/artifacts/4/8/9b8b58c8-2892-5eab-861f-f5d55f074b1f) ![learning-curve](/artifacts/4/8/deb3e2f6-141c-5382-bb42-0ae697ba0a9f)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 8\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (29, 5, 'study:metric_names', '["training loss"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (30, 5, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (31, 5, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- `finalize` trains configurations of the study tiny again: the chosen one on everybody; the value is the training loss, since nobody is left to tell an F1.\\n- **A trial''s attribute `order`** says which one, and on whom.\\n- **Look, do not touch**: `finalize --study tiny` goes on from here, and `search work --study tiny --confirm`\\n  helps.\\n\\n### Budget\\n\\n**1** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; all are trained on; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (32, 5, 'dashboard:9:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (33, 5, 'dashboard:9:note_str:0', E'"**complete** after 3 epochs: training loss **0.1884**; nobody is held out to tell an F1\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 25 images/s, 6.7 s in all\\n\\n"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (34, 1, 'artifacts:9ccc462e-016c-5be1-9cc5-74376f2bd813', E'"{\\"artifact_id\\": \\"9ccc462e-016c-5be1-9cc5-74376f2bd813\\", \\"filename\\": \\"v1-report.html\\", \\"mimetype\\": \\"text/html; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (35, 1, 'artifacts:cccd74ee-a51f-5e62-8db3-1ed0bb8fb45f', E'"{\\"artifact_id\\": \\"cccd74ee-a51f-5e62-8db3-1ed0bb8fb45f\\", \\"filename\\": \\"v1-README.md\\", \\"mimetype\\": \\"text/plain; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (36, 1, 'artifacts:ff2af0d3-2e87-53a9-91a6-8285b387cc3c', E'"{\\"artifact_id\\": \\"ff2af0d3-2e87-53a9-91a6-8285b387cc3c\\", \\"filename\\": \\"v1-model.json\\", \\"mimetype\\": \\"application/json\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (37, 1, 'artifacts:f2c05224-6090-532e-8d85-07806dba89f5', '"null"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (38, 5, 'dashboard:10:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (39, 5, 'dashboard:10:note_str:0', E'"**complete** after 3 epochs: training loss **0.7484**; nobody is held out to tell an F1\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 30 images/s, 4.8 s in all\\n\\n"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (40, 5, 'dashboard:11:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (41, 5, 'dashboard:11:note_str:0', E'"**complete** after 3 epochs: training loss **1.0515**; nobody is held out to tell an F1\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 99 images/s, 2.1 s in all\\n\\n"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (42, 1, 'artifacts:0cf8a76d-8304-53a5-8b96-3867811de5c8', E'"{\\"artifact_id\\": \\"0cf8a76d-8304-53a5-8b96-3867811de5c8\\", \\"filename\\": \\"v2-report.html\\", \\"mimetype\\": \\"text/html; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (43, 1, 'artifacts:1b7d6e51-89d3-5e69-8498-b5fa8ef2ed01', E'"{\\"artifact_id\\": \\"1b7d6e51-89d3-5e69-8498-b5fa8ef2ed01\\", \\"filename\\": \\"v2-README.md\\", \\"mimetype\\": \\"text/plain; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (44, 1, 'artifacts:49c07282-6327-5307-96cd-282aff0826ef', E'"{\\"artifact_id\\": \\"49c07282-6327-5307-96cd-282aff0826ef\\", \\"filename\\": \\"v2-model.json\\", \\"mimetype\\": \\"application/json\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (45, 6, 'study:metric_names', '["training loss"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (46, 6, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (47, 6, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- `finalize` trains configurations of the study colour again: the chosen one on everybody; the value is the training loss, since nobody is left to tell an F1.\\n- **A trial''s attribute `order`** says which one, and on whom.\\n- **Look, do not touch**: `finalize --study colour` goes on from here, and `search work --study colour --confirm`\\n  helps.\\n\\n### Budget\\n\\n**1** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 6 people or groups, 2 classes; all are trained on; nobody is on both sides. They are the values of colour, one of the factors colour, place; the split is that of the whole label.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| blue\\u2002 | 16\\u2002 | 8 |\\n| red\\u2002 | 16\\u2002 | 8 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 4 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (48, 6, 'dashboard:12:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (49, 6, 'dashboard:12:note_str:0', E'"**complete** after 4 epochs: training loss **0.9966**; nobody is held out to tell an F1\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00343793 |\\n\\n- workstation, cpu; attempt 1\\n- 61 images/s, 3.7 s in all\\n\\n"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (50, 2, 'artifacts:af6aeba2-dc28-5758-a438-da37c91c8794', E'"{\\"artifact_id\\": \\"af6aeba2-dc28-5758-a438-da37c91c8794\\", \\"filename\\": \\"v1-report.html\\", \\"mimetype\\": \\"text/html; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (51, 2, 'artifacts:5d0a2004-a3a3-5200-807f-9ad8c7488cb2', E'"{\\"artifact_id\\": \\"5d0a2004-a3a3-5200-807f-9ad8c7488cb2\\", \\"filename\\": \\"v1-README.md\\", \\"mimetype\\": \\"text/plain; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (52, 2, 'artifacts:91aa7f8d-041c-5573-b62a-fde79f328e4a', E'"{\\"artifact_id\\": \\"91aa7f8d-041c-5573-b62a-fde79f328e4a\\", \\"filename\\": \\"v1-model.json\\", \\"mimetype\\": \\"application/json\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (53, 2, 'artifacts:c19aeeaf-fa0b-587b-9424-2e32308c47f4', E'"{\\"artifact_id\\": \\"c19aeeaf-fa0b-587b-9424-2e32308c47f4\\", \\"filename\\": \\"v1-model.safetensors\\", \\"mimetype\\": \\"application/octet-stream\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (54, 7, 'study:metric_names', '["training loss"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (55, 7, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (56, 7, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- `finalize` trains configurations of the study place again: the chosen one on everybody; the value is the training loss, since nobody is left to tell an F1.\\n- **A trial''s attribute `order`** says which one, and on whom.\\n- **Look, do not touch**: `finalize --study place` goes on from here, and `search work --study place --confirm`\\n  helps.\\n\\n### Budget\\n\\n**1** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 6 people or groups, 2 classes; all are trained on; nobody is on both sides. They are the values of place, one of the factors colour, place; the split is that of the whole label.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| bottom\\u2002 | 16\\u2002 | 8 |\\n| top\\u2002 | 16\\u2002 | 8 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 4 |\\n| precision\\u2002 | fp32 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (57, 7, 'dashboard:13:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (58, 7, 'dashboard:13:note_str:0', E'"**complete** after 2 epochs: training loss **0.8333**; nobody is held out to tell an F1\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00343793 |\\n\\n- workstation, cpu; attempt 1\\n- 20 images/s, 5.2 s in all\\n\\n"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (59, 3, 'artifacts:af37a67c-8eb8-5381-90cf-1a91601cc8bd', E'"{\\"artifact_id\\": \\"af37a67c-8eb8-5381-90cf-1a91601cc8bd\\", \\"filename\\": \\"v1-report.html\\", \\"mimetype\\": \\"text/html; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (60, 3, 'artifacts:95f80b1a-2d3d-5e3c-b0c0-b06a24c85c26', E'"{\\"artifact_id\\": \\"95f80b1a-2d3d-5e3c-b0c0-b06a24c85c26\\", \\"filename\\": \\"v1-README.md\\", \\"mimetype\\": \\"text/plain; charset=utf-8\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (61, 3, 'artifacts:26793bb1-7fe4-56a0-902b-efc4ddda48ec', E'"{\\"artifact_id\\": \\"26793bb1-7fe4-56a0-902b-efc4ddda48ec\\", \\"filename\\": \\"v1-model.json\\", \\"mimetype\\": \\"application/json\\", \\"encoding\\": null}"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (62, 3, 'artifacts:2f34db61-14f6-5f7e-8964-f618847c42a8', E'"{\\"artifact_id\\": \\"2f34db61-14f6-5f7e-8964-f618847c42a8\\", \\"filename\\": \\"v1-model.safetensors\\", \\"mimetype\\": \\"application/octet-stream\\", \\"encoding\\": null}"');
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 62, true);
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (1, 1, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (2, 1, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (3, 1, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (4, 1, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (5, 1, 'identity', E'{"study.name": "tiny", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 3, "fixed.precision": "fp32", "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (6, 1, 'spec', E'{"study": {"name": "tiny", "trials": 2, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.01, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 3, "precision": "fp32"}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (7, 2, 'data', '{"images": 48, "groups_count": 6, "classes": 2, "skipped": 0, "paths": "560a972e97d58be2", "labels": "4b20cace83ed3aa3", "groups": "8d4c81ea6760982d", "train_count": 32, "validation_count": 16, "split": "70102683009aa985", "content": "e522ebfc75be05dc", "strata": "d81402e763d2d8ae"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (8, 2, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (9, 2, 'classes', '["blue", "red"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (10, 2, 'part', '{"factor": "colour", "classes": ["blue/bottom", "blue/top", "red/bottom", "red/top"], "factors": [{"name": "colour", "values": ["blue", "red"], "of_class": [0, 0, 1, 1]}, {"name": "place", "values": ["bottom", "top"], "of_class": [0, 1, 0, 1]}]}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (11, 2, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (12, 2, 'identity', E'{"study.name": "colour", "study.seed": 11, "study.debug": false, "space.lr.low": 0.001, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 4, "fixed.precision": "fp32", "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": ["colour", "place"], "data.label_separator": null, "data.factor": "colour", "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (13, 2, 'spec', E'{"study": {"name": "colour", "trials": 1, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/factors", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": ["colour", "place"], "label_separator": null, "factor": "colour", "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.001, "high": 0.01, "log": true, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 4, "precision": "fp32"}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (14, 3, 'data', '{"images": 48, "groups_count": 6, "classes": 2, "skipped": 0, "paths": "560a972e97d58be2", "labels": "06e137ed49f391e7", "groups": "8d4c81ea6760982d", "train_count": 32, "validation_count": 16, "split": "70102683009aa985", "content": "e522ebfc75be05dc", "strata": "d81402e763d2d8ae"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (15, 3, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (16, 3, 'classes', '["bottom", "top"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (17, 3, 'part', '{"factor": "place", "classes": ["blue/bottom", "blue/top", "red/bottom", "red/top"], "factors": [{"name": "colour", "values": ["blue", "red"], "of_class": [0, 0, 1, 1]}, {"name": "place", "values": ["bottom", "top"], "of_class": [0, 1, 0, 1]}]}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (18, 3, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (19, 3, 'identity', E'{"study.name": "place", "study.seed": 11, "study.debug": false, "space.lr.low": 0.001, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 4, "fixed.precision": "fp32", "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": ["colour", "place"], "data.label_separator": null, "data.factor": "place", "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (20, 3, 'spec', E'{"study": {"name": "place", "trials": 1, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/factors", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": ["colour", "place"], "label_separator": null, "factor": "place", "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.001, "high": 0.01, "log": true, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 4, "precision": "fp32"}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (21, 4, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 24, "validation_count": 24, "split": "67643b96330c3769", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (22, 4, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (23, 4, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (24, 4, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (25, 4, 'identity', E'{"study.name": "tiny/confirm", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 3, "fixed.precision": "fp32", "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (26, 4, 'spec', E'{"study": {"name": "tiny/confirm", "trials": 4, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.01, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 3, "precision": "fp32"}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": {"kind": "confirm", "study": "tiny", "key": "46a0ba65c6d24beca546f805b38d05d0", "leaders": [{"trial": 0, "params": {"lr": 0.0019671482825492905, "optimizer": "sgd", "cutmix_prob": 0.049697961654545486}, "claimed": 1.0, "outlook": 1.0}, {"trial": 1, "params": {"lr": 0.007242471036194814, "optimizer": "adamw", "cutmix_prob": 0.10757278865444031}, "claimed": 1.0, "outlook": 1.0}], "folds": 2, "finals": []}}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (27, 4, 'resume_points_marked', 'true');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (28, 5, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (29, 5, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (30, 5, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (31, 5, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (32, 5, 'identity', E'{"study.name": "tiny/final", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 3, "fixed.precision": "fp32", "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (33, 5, 'spec', E'{"study": {"name": "tiny/final", "trials": 3, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.01, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 3, "precision": "fp32"}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": {"kind": "final", "study": "tiny", "key": "46a0ba65c6d24beca546f805b38d05d0", "leaders": [{"trial": 0, "params": {"lr": 0.0019671482825492905, "optimizer": "sgd", "cutmix_prob": 0.049697961654545486}, "claimed": 1.0, "outlook": 1.0}], "folds": 0, "finals": [{"trial": 0, "fold": 0, "member": 0, "epochs": 3}, {"trial": 0, "fold": 0, "member": 1, "epochs": 3}, {"trial": 0, "fold": 0, "member": 2, "epochs": 3}]}}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (34, 5, 'resume_points_marked', 'true');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (35, 4, 'views of trial 0', '{"f1": {"none": 0.8468376068376068, "flip": 0.8222222222222223, "crops": 0.8222222222222223, "flip-crops": 0.8222222222222223}, "better": {"none": 0, "flip": 0, "crops": 0, "flip-crops": 0}, "folds": 2}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (36, 6, 'data', '{"images": 48, "groups_count": 6, "classes": 2, "skipped": 0, "paths": "560a972e97d58be2", "labels": "4b20cace83ed3aa3", "groups": "8d4c81ea6760982d", "train_count": 32, "validation_count": 16, "split": "70102683009aa985", "content": "e522ebfc75be05dc", "strata": "d81402e763d2d8ae"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (37, 6, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (38, 6, 'classes', '["blue", "red"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (39, 6, 'part', '{"factor": "colour", "classes": ["blue/bottom", "blue/top", "red/bottom", "red/top"], "factors": [{"name": "colour", "values": ["blue", "red"], "of_class": [0, 0, 1, 1]}, {"name": "place", "values": ["bottom", "top"], "of_class": [0, 1, 0, 1]}]}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (40, 6, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (41, 6, 'identity', E'{"study.name": "colour/final", "study.seed": 11, "study.debug": false, "space.lr.low": 0.001, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 4, "fixed.precision": "fp32", "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": ["colour", "place"], "data.label_separator": null, "data.factor": "colour", "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (42, 6, 'spec', E'{"study": {"name": "colour/final", "trials": 1, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/factors", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": ["colour", "place"], "label_separator": null, "factor": "colour", "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.001, "high": 0.01, "log": true, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 4, "precision": "fp32"}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": {"kind": "final", "study": "colour", "key": "977c1d9945574fbba4e71817c1c14582", "leaders": [{"trial": 0, "params": {"lr": 0.003437932576066184}, "claimed": 0.9372549019607843, "outlook": 0.9372549019607843}], "folds": 0, "finals": [{"trial": 0, "fold": 0, "member": 0, "epochs": 4}]}}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (43, 6, 'resume_points_marked', 'true');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (44, 7, 'data', '{"images": 48, "groups_count": 6, "classes": 2, "skipped": 0, "paths": "560a972e97d58be2", "labels": "06e137ed49f391e7", "groups": "8d4c81ea6760982d", "train_count": 32, "validation_count": 16, "split": "70102683009aa985", "content": "e522ebfc75be05dc", "strata": "d81402e763d2d8ae"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (45, 7, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (46, 7, 'classes', '["bottom", "top"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (47, 7, 'part', '{"factor": "place", "classes": ["blue/bottom", "blue/top", "red/bottom", "red/top"], "factors": [{"name": "colour", "values": ["blue", "red"], "of_class": [0, 0, 1, 1]}, {"name": "place", "values": ["bottom", "top"], "of_class": [0, 1, 0, 1]}]}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (48, 7, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (49, 7, 'identity', E'{"study.name": "place/final", "study.seed": 11, "study.debug": false, "space.lr.low": 0.001, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 4, "fixed.precision": "fp32", "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": ["colour", "place"], "data.label_separator": null, "data.factor": "place", "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (50, 7, 'spec', E'{"study": {"name": "place/final", "trials": 1, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/factors", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": ["colour", "place"], "label_separator": null, "factor": "place", "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.001, "high": 0.01, "log": true, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 4, "precision": "fp32"}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": {"kind": "final", "study": "place", "key": "bbd7601bc82f4c628cb771ab3b52bdff", "leaders": [{"trial": 0, "params": {"lr": 0.003437932576066184}, "claimed": 1.0, "outlook": 1.0}], "folds": 0, "finals": [{"trial": 0, "fold": 0, "member": 0, "epochs": 2}]}}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (51, 7, 'resume_points_marked', 'true');
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 51, true);
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (1, '46a0ba65c6d24beca546f805b38d05d0', 2, NULL, 20, 1, '2026-11-28 19:44:35.003832+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (2, '977c1d9945574fbba4e71817c1c14582', 1, NULL, 20, 1, '2026-11-28 19:47:57.153212+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (3, 'bbd7601bc82f4c628cb771ab3b52bdff', 1, NULL, 20, 1, '2026-11-28 19:51:11.190767+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (4, '6e16b838a9d44aeca2ca86cf0ec48fa3', 4, NULL, 20, 1, '2026-11-28 19:54:08.372169+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (5, '6f2c28b408574f5f9e5627088a418353', 3, NULL, 20, 2, '2026-11-28 19:54:52.815822+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (6, 'd018a9ca3e14478eb472bdce3e1c548a', 1, NULL, 20, 1, '2026-11-28 20:00:51.467769+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (7, '9a1e6c262bb449299771bebfc94b20e5', 1, NULL, 20, 1, '2026-11-28 20:01:09.756027+00');
SELECT pg_catalog.setval('public.studyhall_budget_study_id_seq', 1, false);
INSERT INTO public.studyhall_schema (version) VALUES (2);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, 1, 1, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (2, 1, 2, '0.7090909090909091', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (3, 1, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (4, 2, 1, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (5, 2, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (6, 2, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (7, 3, 1, '0.3333333333333333', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (8, 3, 2, '0.7333333333333334', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (9, 3, 3, '0.7333333333333334', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (10, 3, 4, '0.9372549019607843', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (11, 4, 1, '0.3333333333333333', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (12, 4, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (13, 4, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (14, 4, 4, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (15, 5, 1, '0.16666666666666666', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (16, 5, 2, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (17, 5, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (18, 6, 1, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (19, 6, 2, '0.7090909090909091', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (20, 6, 3, '0.9581699346405229', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (21, 7, 1, '0.3657262277951933', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (22, 7, 2, '0.545609548167093', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (23, 7, 3, '0.639291465378422', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (24, 8, 1, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (25, 8, 2, '0.9581699346405229', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (26, 8, 3, 1, 'FINITE');
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 26, true);
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (1, 1, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (2, 1, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (3, 1, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (4, 2, 'lr', '0.007242471036194814', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (5, 2, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (6, 2, 'cutmix_prob', '0.10757278865444031', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (7, 3, 'lr', '0.003437932576066184', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (8, 4, 'lr', '0.003437932576066184', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (9, 5, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (10, 5, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (11, 5, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (12, 6, 'lr', '0.007242471036194814', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (13, 6, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (14, 6, 'cutmix_prob', '0.10757278865444031', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (15, 7, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (16, 7, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (17, 7, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (18, 8, 'lr', '0.007242471036194814', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (19, 8, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (20, 8, 'cutmix_prob', '0.10757278865444031', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (21, 9, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (22, 9, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (23, 9, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (24, 10, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (25, 10, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (26, 10, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (27, 11, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (28, 11, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (29, 11, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (30, 12, 'lr', '0.003437932576066184', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (31, 13, 'lr', '0.003437932576066184', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 0.01, "log": true}}');
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 31, true);
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'artifacts:ed747a6c-25aa-506e-bca4-208f4fad5851', E'"{\\"artifact_id\\": \\"ed747a6c-25aa-506e-bca4-208f4fad5851\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'artifacts:824afaf8-f652-5682-b0b8-1208cd9ef54a', E'"{\\"artifact_id\\": \\"824afaf8-f652-5682-b0b8-1208cd9ef54a\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (4, 2, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (5, 2, 'artifacts:dcc6499c-092a-5b7b-839d-29402adc96e0', E'"{\\"artifact_id\\": \\"dcc6499c-092a-5b7b-839d-29402adc96e0\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (6, 2, 'artifacts:be4c5069-bda5-59c9-8499-d4a733030188', E'"{\\"artifact_id\\": \\"be4c5069-bda5-59c9-8499-d4a733030188\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (7, 3, 'studyhall:confusion', '[[0, 0, 7], [0, 1, 1], [1, 1, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (8, 3, 'artifacts:4055c238-5730-5f3e-8723-d7f835242517', E'"{\\"artifact_id\\": \\"4055c238-5730-5f3e-8723-d7f835242517\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (9, 3, 'artifacts:c285c3e0-33cd-51b0-b7ac-f9cdd2822591', E'"{\\"artifact_id\\": \\"c285c3e0-33cd-51b0-b7ac-f9cdd2822591\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (10, 4, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (11, 4, 'artifacts:4b33309b-f85c-571a-b33e-b64d2d44bde1', E'"{\\"artifact_id\\": \\"4b33309b-f85c-571a-b33e-b64d2d44bde1\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (12, 4, 'artifacts:26c0db23-9d49-52a2-aa32-335ba95f9f8e', E'"{\\"artifact_id\\": \\"26c0db23-9d49-52a2-aa32-335ba95f9f8e\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (13, 5, 'studyhall:order', '{"trial": 0, "fold": 1, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (14, 6, 'studyhall:order', '{"trial": 1, "fold": 1, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (15, 7, 'studyhall:order', '{"trial": 0, "fold": 2, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (16, 8, 'studyhall:order', '{"trial": 1, "fold": 2, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (17, 5, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 8], [2, 2, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (18, 5, 'artifacts:ae5683ca-777e-5cd9-980c-fb116b2c37fc', E'"{\\"artifact_id\\": \\"ae5683ca-777e-5cd9-980c-fb116b2c37fc\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (19, 5, 'artifacts:0ee8a564-9496-576c-a1ab-d24b0868a639', E'"{\\"artifact_id\\": \\"0ee8a564-9496-576c-a1ab-d24b0868a639\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (20, 6, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 8], [2, 2, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (21, 6, 'artifacts:e4a0e91f-1a18-5e8e-a011-dbbb7439f79d', E'"{\\"artifact_id\\": \\"e4a0e91f-1a18-5e8e-a011-dbbb7439f79d\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (22, 6, 'artifacts:1dda8d3f-e3d7-5e8c-912d-5808e40e15e3', E'"{\\"artifact_id\\": \\"1dda8d3f-e3d7-5e8c-912d-5808e40e15e3\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (23, 7, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 8], [2, 0, 7], [2, 2, 1]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (24, 7, 'artifacts:a0b7d364-bc86-5cee-ba4d-1e40d6acfcdb', E'"{\\"artifact_id\\": \\"a0b7d364-bc86-5cee-ba4d-1e40d6acfcdb\\", \\"filename\\": \\"trial-00002-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (25, 7, 'artifacts:28e17b59-2024-52cc-8c96-d59b568bf860', E'"{\\"artifact_id\\": \\"28e17b59-2024-52cc-8c96-d59b568bf860\\", \\"filename\\": \\"trial-00002-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (26, 8, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 8], [2, 2, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (27, 8, 'artifacts:9b8b58c8-2892-5eab-861f-f5d55f074b1f', E'"{\\"artifact_id\\": \\"9b8b58c8-2892-5eab-861f-f5d55f074b1f\\", \\"filename\\": \\"trial-00003-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (28, 8, 'artifacts:deb3e2f6-141c-5382-bb42-0ae697ba0a9f', E'"{\\"artifact_id\\": \\"deb3e2f6-141c-5382-bb42-0ae697ba0a9f\\", \\"filename\\": \\"trial-00003-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (29, 9, 'studyhall:order', '{"trial": 0, "fold": 0, "member": 0, "epochs": 3}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (30, 10, 'studyhall:order', '{"trial": 0, "fold": 0, "member": 1, "epochs": 3}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (31, 11, 'studyhall:order', '{"trial": 0, "fold": 0, "member": 2, "epochs": 3}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (32, 12, 'studyhall:order', '{"trial": 0, "fold": 0, "member": 0, "epochs": 4}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (33, 13, 'studyhall:order', '{"trial": 0, "fold": 0, "member": 0, "epochs": 2}');
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 33, true);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'seconds', '7.553');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (6, 1, 'images_per_second', '17.4');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (8, 1, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (9, 1, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (10, 2, 'seconds', '7.478');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (11, 2, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (12, 2, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (13, 2, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (14, 2, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (15, 2, 'images_per_second', '16.6');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (16, 2, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (17, 2, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (18, 2, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (19, 3, 'seconds', '7.749');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (20, 3, 'best_epoch', 4);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (21, 3, 'best_f1', '0.9372549019607843');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (22, 3, 'accuracy', '0.9375');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (23, 3, 'per_class_f1', '{"blue": 0.9333333333333333, "red": 0.9411764705882353}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (24, 3, 'images_per_second', '19.7');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (25, 3, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (26, 3, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (27, 3, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (28, 4, 'seconds', '14.602');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (29, 4, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (30, 4, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (31, 4, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (32, 4, 'per_class_f1', '{"bottom": 1.0, "top": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (33, 4, 'images_per_second', '11.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (34, 4, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (35, 4, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (36, 4, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (37, 5, 'order', '"trial 0, fold 1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (38, 6, 'order', '"trial 1, fold 1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (39, 7, 'order', '"trial 0, fold 2"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (40, 8, 'order', '"trial 1, fold 2"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (41, 5, 'seconds', '4.635');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (42, 5, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (43, 5, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (44, 5, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (45, 5, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (46, 5, 'images_per_second', '21.3');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (47, 5, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (48, 5, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (49, 5, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (50, 6, 'seconds', '4.336');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (51, 6, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (52, 6, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (53, 6, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (54, 6, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (55, 6, 'images_per_second', '22.4');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (56, 6, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (57, 6, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (58, 6, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (59, 7, 'seconds', '4.666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (60, 7, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (61, 7, 'best_f1', '0.639291465378422');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (62, 7, 'accuracy', '0.7083333333333334');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (63, 7, 'per_class_f1', '{"a": 0.6956521739130435, "b": 1.0, "c": 0.2222222222222222}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (64, 7, 'images_per_second', '20.9');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (65, 7, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (66, 7, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (67, 7, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (68, 8, 'seconds', '3.693');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (69, 8, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (70, 8, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (71, 8, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (72, 8, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (73, 8, 'images_per_second', '26.7');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (74, 8, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (75, 8, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (76, 8, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (77, 9, 'order', '"trial 0, everybody, 3 epochs"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (78, 9, 'seconds', '6.678');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (79, 9, 'images_per_second', '24.8');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (80, 9, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (81, 9, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (82, 9, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (83, 10, 'order', '"trial 0, everybody, 3 epochs, seed + 1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (84, 11, 'order', '"trial 0, everybody, 3 epochs, seed + 2"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (85, 10, 'seconds', '4.778');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (86, 10, 'images_per_second', '30.2');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (87, 10, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (88, 10, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (89, 10, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (90, 11, 'seconds', '2.106');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (91, 11, 'images_per_second', '98.6');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (92, 11, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (93, 11, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (94, 11, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (95, 12, 'order', '"trial 0, everybody, 4 epochs"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (96, 12, 'seconds', '3.741');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (97, 12, 'images_per_second', '60.6');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (98, 12, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (99, 12, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (100, 12, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (101, 13, 'order', '"trial 0, everybody, 2 epochs"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (102, 13, 'seconds', '5.232');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (103, 13, 'images_per_second', '20.2');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (104, 13, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (105, 13, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (106, 13, 'attempt', 1);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 106, true);
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (1, 1, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (2, 2, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (3, 3, 0, '0.9372549019607843', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (4, 4, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (5, 5, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (6, 6, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (7, 7, 0, '0.639291465378422', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (8, 8, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (9, 9, 0, '0.18841930230458578', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (10, 10, 0, '0.7484066486358643', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (11, 11, 0, '1.0515336990356445', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (12, 12, 0, '0.9966359933217367', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (13, 13, 0, '0.8333238760630289', 'FINITE');
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 13, true);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (1, 0, 1, 'COMPLETE', '2026-11-28 19:44:41.923467', '2026-11-28 19:44:56.807053');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (2, 1, 1, 'COMPLETE', '2026-11-28 19:44:57.632312', '2026-11-28 19:45:10.995563');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (3, 0, 2, 'COMPLETE', '2026-11-28 19:48:03.815772', '2026-11-28 19:48:15.776813');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (4, 0, 3, 'COMPLETE', '2026-11-28 19:51:20.697057', '2026-11-28 19:51:46.116593');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (5, 0, 4, 'COMPLETE', '2026-11-28 19:54:09.891001', '2026-11-28 19:54:19.015025');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (6, 1, 4, 'COMPLETE', '2026-11-28 19:54:19.852651', '2026-11-28 19:54:27.983375');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (7, 2, 4, 'COMPLETE', '2026-11-28 19:54:28.879386', '2026-11-28 19:54:37.29183');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (8, 3, 4, 'COMPLETE', '2026-11-28 19:54:38.031488', '2026-11-28 19:54:45.11553');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (9, 0, 5, 'COMPLETE', '2026-11-28 19:54:58.322462', '2026-11-28 19:55:06.403933');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (10, 1, 5, 'COMPLETE', '2026-11-28 19:58:22.710143', '2026-11-28 19:58:28.654088');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (11, 2, 5, 'COMPLETE', '2026-11-28 19:58:29.241159', '2026-11-28 19:58:32.187308');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (12, 0, 6, 'COMPLETE', '2026-11-28 20:00:57.811481', '2026-11-28 20:01:02.631651');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (13, 0, 7, 'COMPLETE', '2026-11-28 20:01:16.195739', '2026-11-28 20:01:22.559808');
SELECT pg_catalog.setval('public.trials_trial_id_seq', 13, true);
INSERT INTO public.version_info (version_info_id, schema_version, library_version) VALUES (1, 12, '5.0.0');

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_pkey PRIMARY KEY (study_direction_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_objective_key UNIQUE (study_id, objective);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_pkey PRIMARY KEY (study_system_attribute_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_pkey PRIMARY KEY (study_user_attribute_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.studyhall_budget
    ADD CONSTRAINT studyhall_budget_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.studyhall_lease
    ADD CONSTRAINT studyhall_lease_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.studyhall_lease
    ADD CONSTRAINT studyhall_lease_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_pkey PRIMARY KEY (trial_heartbeat_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_pkey PRIMARY KEY (trial_intermediate_value_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_step_key UNIQUE (trial_id, step);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_pkey PRIMARY KEY (param_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_param_name_key UNIQUE (trial_id, param_name);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_pkey PRIMARY KEY (trial_system_attribute_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_pkey PRIMARY KEY (trial_user_attribute_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_pkey PRIMARY KEY (trial_value_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_objective_key UNIQUE (trial_id, objective);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY public.version_info
    ADD CONSTRAINT version_info_pkey PRIMARY KEY (version_info_id);
CREATE UNIQUE INDEX ix_studies_study_name ON public.studies USING btree (study_name);
CREATE INDEX ix_studyhall_lease_study_id ON public.studyhall_lease USING btree (study_id);
CREATE INDEX ix_trials_study_id ON public.trials USING btree (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
