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
INSERT INTO public.studies (study_id, study_name) VALUES (2, 'tiny-ablate');
SELECT pg_catalog.setval('public.studies_study_id_seq', 2, true);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (1, 'MAXIMIZE', 1, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (2, 'MAXIMIZE', 2, 0);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 2, true);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (1, 1, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (2, 1, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (3, 1, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 3.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**4** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 36 images to train on, 12 to validate; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |\\n| momentum\\u2002 | 0 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (4, 1, 'dashboard:1:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (5, 1, 'dashboard:1:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.5556** in epoch 1, accuracy 0.6667\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.01 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0 |\\n\\n- workstation, cpu; attempt 1\\n- 20 images/s, 6.5 s in all\\n\\n![confusion](/artifacts/1/1/5bfc313b-be76-5eef-baee-2f357ab30bb0) ![learning-curve](/artifacts/1/1/f75fc0b7-db46-5052-bddb-3944b8eb06a2)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 0.000\\u2002 | 4\\u2002 | c &#40;4&#41; |\\n| c\\u2002 | 0.667\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (6, 1, 'dashboard:2:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (7, 1, 'dashboard:2:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 3, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 20 images/s, 5.9 s in all\\n\\n![confusion](/artifacts/1/2/03c4eaa6-77dd-50f1-8031-64a789f8cc7e) ![learning-curve](/artifacts/1/2/66a5857a-9e9d-5e3c-a99e-3d8f9d7a797b)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (8, 2, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (9, 2, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (10, 2, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **One change at a time**: every trial is the base or one change to it. Trials of one seed have the same split and the\\n  same training seed, so they differ in the change alone; between seeds values say little. `search ablate` shows the\\n  differences with their spread.\\n- **Value**: validation macro-F1 of a trial''s best epoch. The highest value is the luckiest trial''s.\\n- **Step**: epochs completed; the base has 3.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note; its attributes `change` and\\n  `seed` say what it is.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them.\\n\\n### What is compared\\n\\nThe base is trial 1 of tiny. These changes were named first; more may have been added:\\n\\n| knob\\u2002 | values |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0.1 |\\n| schedule\\u2002 | constant |\\n\\n### Budget\\n\\n**6** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 36 images to train on, 12 to validate; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 4 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |\\n| momentum\\u2002 | 0 |\\n| lr\\u2002 | 0.00196715 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (11, 2, 'dashboard:3:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (12, 2, 'dashboard:3:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.9153** in epoch 3, accuracy 0.9167\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0 |\\n| schedule\\u2002 | cosine |\\n\\n- workstation, cpu; attempt 1\\n- 42 images/s, 3.5 s in all\\n\\n![confusion](/artifacts/2/3/b7634edb-ead2-5328-ad3e-f537b08e7582) ![learning-curve](/artifacts/2/3/acbda68b-b903-5cd0-b64b-ed51abe9e767)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 0.857\\u2002 | 4\\u2002 | b &#40;1&#41; |\\n| b\\u2002 | 0.889\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (13, 2, 'dashboard:4:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (14, 2, 'dashboard:4:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.8222** in epoch 3, accuracy 0.8333\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0.1 |\\n| schedule\\u2002 | cosine |\\n\\n- workstation, cpu; attempt 1\\n- 41 images/s, 3.1 s in all\\n\\n![confusion](/artifacts/2/4/477d88a2-9d0d-5aed-a5ad-2272dee92523) ![learning-curve](/artifacts/2/4/911e92b3-f270-54eb-8b38-355b8eb2d3d8)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 0.667\\u2002 | 4\\u2002 | c &#40;2&#41; |\\n| c\\u2002 | 0.800\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (15, 2, 'dashboard:5:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (16, 2, 'dashboard:5:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.5556** in epoch 2, accuracy 0.6667\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0 |\\n| schedule\\u2002 | constant |\\n\\n- workstation, cpu; attempt 1\\n- 26 images/s, 5.0 s in all\\n\\n![confusion](/artifacts/2/5/aea9c362-3ef4-5c28-bc59-a5bf9b4ec1af) ![learning-curve](/artifacts/2/5/a18ca166-192d-5535-960b-17b67e7ad35d)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 0.000\\u2002 | 4\\u2002 | b &#40;4&#41; |\\n| b\\u2002 | 0.667\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (17, 2, 'dashboard:6:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (18, 2, 'dashboard:6:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 3, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0 |\\n| schedule\\u2002 | cosine |\\n\\n- workstation, cpu; attempt 1\\n- 18 images/s, 6.6 s in all\\n\\n![confusion](/artifacts/2/6/f243c057-55a7-5e01-8618-8d28eea67490) ![learning-curve](/artifacts/2/6/516b3c15-f87b-53df-995e-0cb2e8874005)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (19, 2, 'dashboard:7:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (20, 2, 'dashboard:7:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.5556** in epoch 2, accuracy 0.6667\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0.1 |\\n| schedule\\u2002 | cosine |\\n\\n- workstation, cpu; attempt 1\\n- 16 images/s, 7.5 s in all\\n\\n![confusion](/artifacts/2/7/6d69012b-c673-585f-a8b0-923e40d3d33a) ![learning-curve](/artifacts/2/7/f6f91418-8ef2-5fbf-8039-ad88d2536401)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 0.000\\u2002 | 4\\u2002 | b &#40;4&#41; |\\n| b\\u2002 | 0.667\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (21, 2, 'dashboard:8:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (22, 2, 'dashboard:8:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 2, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| label&#95;smoothing\\u2002 | 0 |\\n| schedule\\u2002 | constant |\\n\\n- workstation, cpu; attempt 1\\n- 28 images/s, 4.2 s in all\\n\\n![confusion](/artifacts/2/8/2cfa44f0-6d18-53c0-af29-2a692c5dfa63) ![learning-curve](/artifacts/2/8/70625b30-a4d7-5044-a4eb-aa7c1d5dcd7b)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 22, true);
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (1, 1, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (2, 1, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (3, 1, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (4, 1, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (5, 1, 'identity', E'{"study.name": "tiny", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.01, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 3, "fixed.precision": "fp32", "fixed.momentum": 0.0, "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [{"optimizer": "sgd", "lr": 0.01, "cutmix_prob": 0.0}], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (6, 1, 'spec', E'{"study": {"name": "tiny", "trials": 4, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.01, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 3, "precision": "fp32", "momentum": 0.0}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [{"optimizer": "sgd", "lr": 0.01, "cutmix_prob": 0.0}], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (7, 2, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (8, 2, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (9, 2, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (10, 2, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (11, 2, 'identity', E'{"study.name": "tiny-ablate", "study.seed": 11, "study.debug": false, "space": {}, "fixed.backbone": "test_efficientnet", "fixed.weights.test_efficientnet": "none", "fixed.image_size": 32, "fixed.batch_size": 4, "fixed.epochs": 3, "fixed.precision": "fp32", "fixed.momentum": 0.0, "fixed.lr": 0.0019671482825492905, "fixed.optimizer": "sgd", "fixed.cutmix_prob": 0.049697961654545486, "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation.study": "tiny", "ablation.trial": 1, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (12, 2, 'spec', E'{"study": {"name": "tiny-ablate", "trials": 6, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {}, "fixed": {"backbone": "test_efficientnet", "weights": "none", "image_size": 32, "batch_size": 4, "epochs": 3, "precision": "fp32", "momentum": 0.0, "lr": 0.0019671482825492905, "optimizer": "sgd", "cutmix_prob": 0.049697961654545486}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": {"study": "tiny", "trial": 1, "changes": {"label_smoothing": [0.1], "schedule": ["constant"]}, "seeds": 2}, "retraining": null}');
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 12, true);
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (1, 'e1ff01738726483b92e16d8d9613d9d2', 4, NULL, 20, 1, '2026-11-28 19:38:47.494978+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (2, '493e1f1ddde44a93a9713f1d973fbb9f', 6, NULL, 20, 1, '2026-11-28 19:41:32.19193+00');
SELECT pg_catalog.setval('public.studyhall_budget_study_id_seq', 1, false);
INSERT INTO public.studyhall_schema (version) VALUES (2);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, 1, 1, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (2, 1, 2, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (3, 1, 3, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (4, 2, 1, '0.2222222222222222', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (5, 2, 2, '0.17777777777777778', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (6, 2, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (7, 3, 1, '0.3111111111111111', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (8, 3, 2, '0.5387205387205387', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (9, 3, 3, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (10, 4, 1, '0.16666666666666666', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (11, 4, 2, '0.4908424908424909', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (12, 4, 3, '0.8222222222222223', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (13, 5, 1, '0.16666666666666666', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (14, 5, 2, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (15, 5, 3, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (16, 6, 1, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (17, 6, 2, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (18, 6, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (19, 7, 1, '0.16666666666666666', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (20, 7, 2, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (21, 7, 3, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (22, 8, 1, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (23, 8, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (24, 8, 3, '0.709090909090909', 'FINITE');
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 24, true);
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (1, 1, 'lr', '0.01', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (2, 1, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (3, 1, 'cutmix_prob', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (4, 2, 'lr', '0.0019671482825492905', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.01, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (5, 2, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (6, 2, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (7, 3, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (8, 3, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (9, 4, 'label_smoothing', '0.1', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (10, 4, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (11, 5, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (12, 5, 'schedule', 5, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (13, 6, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (14, 6, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (15, 7, 'label_smoothing', '0.1', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (16, 7, 'schedule', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (17, 8, 'label_smoothing', 0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.1, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (18, 8, 'schedule', 5, '{"name": "CategoricalDistribution", "attributes": {"choices": ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"]}}');
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 18, true);
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'fixed_params', '{"optimizer": "sgd", "lr": 0.01, "cutmix_prob": 0.0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'studyhall:confusion', '[[0, 2, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'artifacts:5bfc313b-be76-5eef-baee-2f357ab30bb0', E'"{\\"artifact_id\\": \\"5bfc313b-be76-5eef-baee-2f357ab30bb0\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'artifacts:f75fc0b7-db46-5052-bddb-3944b8eb06a2', E'"{\\"artifact_id\\": \\"f75fc0b7-db46-5052-bddb-3944b8eb06a2\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (5, 2, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (6, 2, 'artifacts:03c4eaa6-77dd-50f1-8031-64a789f8cc7e', E'"{\\"artifact_id\\": \\"03c4eaa6-77dd-50f1-8031-64a789f8cc7e\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (7, 2, 'artifacts:66a5857a-9e9d-5e3c-a99e-3d8f9d7a797b', E'"{\\"artifact_id\\": \\"66a5857a-9e9d-5e3c-a99e-3d8f9d7a797b\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (8, 3, 'studyhall:run', '{"knob": null, "value": null, "seed": 12, "split": "6e0cbedbb2cabe6a"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (9, 4, 'studyhall:run', '{"knob": "label_smoothing", "value": 0.1, "seed": 12, "split": "6e0cbedbb2cabe6a"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (10, 5, 'studyhall:run', '{"knob": "schedule", "value": "constant", "seed": 12, "split": "6e0cbedbb2cabe6a"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (11, 6, 'studyhall:run', '{"knob": null, "value": null, "seed": 13, "split": "df2df8be0fb96763"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (12, 7, 'studyhall:run', '{"knob": "label_smoothing", "value": 0.1, "seed": 13, "split": "df2df8be0fb96763"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (13, 8, 'studyhall:run', '{"knob": "schedule", "value": "constant", "seed": 13, "split": "df2df8be0fb96763"}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (14, 3, 'studyhall:confusion', '[[0, 0, 3], [0, 1, 1], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (15, 3, 'artifacts:b7634edb-ead2-5328-ad3e-f537b08e7582', E'"{\\"artifact_id\\": \\"b7634edb-ead2-5328-ad3e-f537b08e7582\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (16, 3, 'artifacts:acbda68b-b903-5cd0-b64b-ed51abe9e767', E'"{\\"artifact_id\\": \\"acbda68b-b903-5cd0-b64b-ed51abe9e767\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (17, 4, 'studyhall:confusion', '[[0, 0, 2], [0, 2, 2], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (18, 4, 'artifacts:477d88a2-9d0d-5aed-a5ad-2272dee92523', E'"{\\"artifact_id\\": \\"477d88a2-9d0d-5aed-a5ad-2272dee92523\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (19, 4, 'artifacts:911e92b3-f270-54eb-8b38-355b8eb2d3d8', E'"{\\"artifact_id\\": \\"911e92b3-f270-54eb-8b38-355b8eb2d3d8\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (20, 5, 'studyhall:confusion', '[[0, 1, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (21, 5, 'artifacts:aea9c362-3ef4-5c28-bc59-a5bf9b4ec1af', E'"{\\"artifact_id\\": \\"aea9c362-3ef4-5c28-bc59-a5bf9b4ec1af\\", \\"filename\\": \\"trial-00002-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (22, 5, 'artifacts:a18ca166-192d-5535-960b-17b67e7ad35d', E'"{\\"artifact_id\\": \\"a18ca166-192d-5535-960b-17b67e7ad35d\\", \\"filename\\": \\"trial-00002-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (23, 6, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (24, 6, 'artifacts:f243c057-55a7-5e01-8618-8d28eea67490', E'"{\\"artifact_id\\": \\"f243c057-55a7-5e01-8618-8d28eea67490\\", \\"filename\\": \\"trial-00003-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (25, 6, 'artifacts:516b3c15-f87b-53df-995e-0cb2e8874005', E'"{\\"artifact_id\\": \\"516b3c15-f87b-53df-995e-0cb2e8874005\\", \\"filename\\": \\"trial-00003-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (26, 7, 'studyhall:confusion', '[[0, 1, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (27, 7, 'artifacts:6d69012b-c673-585f-a8b0-923e40d3d33a', E'"{\\"artifact_id\\": \\"6d69012b-c673-585f-a8b0-923e40d3d33a\\", \\"filename\\": \\"trial-00004-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (28, 7, 'artifacts:f6f91418-8ef2-5fbf-8039-ad88d2536401', E'"{\\"artifact_id\\": \\"f6f91418-8ef2-5fbf-8039-ad88d2536401\\", \\"filename\\": \\"trial-00004-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (29, 8, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (30, 8, 'artifacts:2cfa44f0-6d18-53c0-af29-2a692c5dfa63', E'"{\\"artifact_id\\": \\"2cfa44f0-6d18-53c0-af29-2a692c5dfa63\\", \\"filename\\": \\"trial-00005-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (31, 8, 'artifacts:70625b30-a4d7-5044-a4eb-aa7c1d5dcd7b', E'"{\\"artifact_id\\": \\"70625b30-a4d7-5044-a4eb-aa7c1d5dcd7b\\", \\"filename\\": \\"trial-00005-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 31, true);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'seconds', '6.515');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'best_f1', '0.5555555555555555');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'accuracy', '0.6666666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'per_class_f1', '{"a": 0.0, "b": 1.0, "c": 0.6666666666666666}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (6, 1, 'images_per_second', '19.8');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (8, 1, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (9, 1, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (10, 2, 'seconds', '5.932');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (11, 2, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (12, 2, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (13, 2, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (14, 2, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (15, 2, 'images_per_second', '19.8');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (16, 2, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (17, 2, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (18, 2, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (19, 3, 'change', '"base"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (20, 3, 'seed', 12);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (21, 4, 'change', '"label_smoothing = 0.1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (22, 4, 'seed', 12);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (23, 5, 'change', '"schedule = constant"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (24, 5, 'seed', 12);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (25, 6, 'change', '"base"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (26, 6, 'seed', 13);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (27, 7, 'change', '"label_smoothing = 0.1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (28, 7, 'seed', 13);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (29, 8, 'change', '"schedule = constant"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (30, 8, 'seed', 13);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (31, 3, 'seconds', '3.539');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (32, 3, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (33, 3, 'best_f1', '0.9153439153439153');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (34, 3, 'accuracy', '0.9166666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (35, 3, 'per_class_f1', '{"a": 0.8571428571428571, "b": 0.8888888888888888, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (36, 3, 'images_per_second', '41.5');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (37, 3, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (38, 3, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (39, 3, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (40, 4, 'seconds', '3.103');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (41, 4, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (42, 4, 'best_f1', '0.8222222222222223');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (43, 4, 'accuracy', '0.8333333333333334');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (44, 4, 'per_class_f1', '{"a": 0.6666666666666666, "b": 1.0, "c": 0.8}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (45, 4, 'images_per_second', '41.1');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (46, 4, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (47, 4, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (48, 4, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (49, 5, 'seconds', '4.985');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (50, 5, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (51, 5, 'best_f1', '0.5555555555555555');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (52, 5, 'accuracy', '0.6666666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (53, 5, 'per_class_f1', '{"a": 0.0, "b": 0.6666666666666666, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (54, 5, 'images_per_second', '26.1');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (55, 5, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (56, 5, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (57, 5, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (58, 6, 'seconds', '6.6');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (59, 6, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (60, 6, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (61, 6, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (62, 6, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (63, 6, 'images_per_second', '18.2');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (64, 6, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (65, 6, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (66, 6, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (67, 7, 'seconds', '7.468');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (68, 7, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (69, 7, 'best_f1', '0.5555555555555555');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (70, 7, 'accuracy', '0.6666666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (71, 7, 'per_class_f1', '{"a": 0.0, "b": 0.6666666666666666, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (72, 7, 'images_per_second', '16.5');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (73, 7, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (74, 7, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (75, 7, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (76, 8, 'seconds', '4.241');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (77, 8, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (78, 8, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (79, 8, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (80, 8, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (81, 8, 'images_per_second', '28.4');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (82, 8, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (83, 8, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (84, 8, 'attempt', 1);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 84, true);
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (1, 1, 0, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (2, 2, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (3, 3, 0, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (4, 4, 0, '0.8222222222222223', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (5, 5, 0, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (6, 6, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (7, 7, 0, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (8, 8, 0, 1, 'FINITE');
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 8, true);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (1, 0, 1, 'COMPLETE', '2026-11-28 19:38:53.571613', '2026-11-28 19:39:06.359641');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (2, 1, 1, 'COMPLETE', '2026-11-28 19:39:06.774968', '2026-11-28 19:39:17.593206');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (3, 0, 2, 'COMPLETE', '2026-11-28 19:41:36.876117', '2026-11-28 19:41:43.131784');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (4, 1, 2, 'COMPLETE', '2026-11-28 19:41:43.479478', '2026-11-28 19:41:48.849023');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (5, 2, 2, 'COMPLETE', '2026-11-28 19:41:49.243362', '2026-11-28 19:41:59.427614');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (6, 3, 2, 'COMPLETE', '2026-11-28 19:42:00.044369', '2026-11-28 19:42:11.68784');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (7, 4, 2, 'COMPLETE', '2026-11-28 19:42:12.439529', '2026-11-28 19:42:25.237224');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (8, 5, 2, 'COMPLETE', '2026-11-28 19:42:25.695403', '2026-11-28 19:42:33.877853');
SELECT pg_catalog.setval('public.trials_trial_id_seq', 8, true);
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
