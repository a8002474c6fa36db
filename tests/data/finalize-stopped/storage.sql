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
INSERT INTO public.studies (study_id, study_name) VALUES (2, 'tiny/confirm');
SELECT pg_catalog.setval('public.studies_study_id_seq', 2, true);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (1, 'MAXIMIZE', 1, 0);
INSERT INTO public.study_directions (study_direction_id, direction, study_id, objective) VALUES (2, 'MAXIMIZE', 2, 0);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 2, true);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (1, 1, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (2, 1, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (3, 1, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is its best epoch''s; of a *pruned*\\n  one its last report''s (its best is the attribute `best_f1`).\\n- **Step**: epochs completed, from 1 to 3.\\n- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:\\n  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.\\n- **A trial''s page** has its confusion matrix and learning curve (artifacts) and a note.\\n- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the\\n  workers that are at them. `search work` and the study file change a study.\\n\\n### Budget\\n\\n**4** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 36 images to train on, 12 to validate; nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 12\\u2002 | 4 |\\n| b\\u2002 | 12\\u2002 | 4 |\\n| c\\u2002 | 12\\u2002 | 4 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet&#95;ln |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 8 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |\\n| momentum\\u2002 | 0 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (4, 1, 'dashboard:1:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (5, 1, 'dashboard:1:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.9153** in epoch 2, accuracy 0.9167\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00103138 |\\n| optimizer\\u2002 | sgd |\\n| cutmix&#95;prob\\u2002 | 0.049698 |\\n\\n- workstation, cpu; attempt 1\\n- 115 images/s, 1.3 s in all\\n\\n![confusion](/artifacts/1/1/b9afa55e-15ed-5e54-b31e-17443200ad04) ![learning-curve](/artifacts/1/1/fed440e8-1083-50c8-af0c-7235bc444e8f)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| c\\u2002 | 0.857\\u2002 | 4\\u2002 | a &#40;1&#41; |\\n| a\\u2002 | 0.889\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (6, 1, 'dashboard:2:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (7, 1, 'dashboard:2:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 2, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00242726 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.107573 |\\n\\n- workstation, cpu; attempt 1\\n- 201 images/s, 0.7 s in all\\n\\n![confusion](/artifacts/1/2/de0ea39e-f1e3-5fb1-80f3-50cab82d89c9) ![learning-curve](/artifacts/1/2/e6e1e390-af8c-59e7-b37e-53408a0fddb1)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (8, 1, 'dashboard:3:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (9, 1, 'dashboard:3:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 1, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00269294 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.271005 |\\n\\n- workstation, cpu; attempt 1\\n- 265 images/s, 0.5 s in all\\n\\n![confusion](/artifacts/1/3/60295f05-ca02-5bdc-9972-60cad34dc388) ![learning-curve](/artifacts/1/3/23d58f60-939a-51c6-8dbc-d38ebdabbe92)\\n\\nClasses in epoch 1, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (10, 1, 'dashboard:4:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (11, 1, 'dashboard:4:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **1.0000** in epoch 2, accuracy 1.0000\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.000408735 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.451337 |\\n\\n- workstation, cpu; attempt 1\\n- 147 images/s, 0.9 s in all\\n\\n![confusion](/artifacts/1/4/70c19101-a27a-5b87-aa4e-6bb44862c20d) ![learning-curve](/artifacts/1/4/cd941613-f9c5-564a-a7b2-f4ce7b5db81a)\\n\\nClasses in epoch 2, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| a\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| b\\u2002 | 1.000\\u2002 | 4\\u2002 |  |\\n| c\\u2002 | 1.000\\u2002 | 4\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (12, 2, 'study:metric_names', '["macro-F1"]');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (13, 2, 'dashboard:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (14, 2, 'dashboard:note_str:0', E'"### How to read this page\\n\\n- `finalize` trains configurations of the study tiny again: its leaders over folds of people, which tells what to expect of them; the value is the F1 of those who are held out, at the best epoch.\\n- **A trial''s attribute `order`** says which one, and on whom.\\n- **Look, do not touch**: `finalize --study tiny` goes on from here, and `search work --study tiny --confirm`\\n  helps.\\n\\n### Budget\\n\\n**4** finished trials (complete or pruned), all workers together; an end after 20 failed trials. It may have been raised since (`search status` tells).\\n\\n### Data\\n\\n48 images of 8 people or groups, 3 classes; 2 folds (the table shows the first); nobody is on both sides.\\n\\n| class\\u2002 | images to train on\\u2002 | images to validate |\\n|---|---|---|\\n| a\\u2002 | 8\\u2002 | 8 |\\n| b\\u2002 | 8\\u2002 | 8 |\\n| c\\u2002 | 8\\u2002 | 8 |\\n\\n### What all trials have in common\\n\\n| fixed\\u2002 | value |\\n|---|---|\\n| backbone\\u2002 | test&#95;efficientnet&#95;ln |\\n| weights\\u2002 | none |\\n| image&#95;size\\u2002 | 32 |\\n| batch&#95;size\\u2002 | 8 |\\n| epochs\\u2002 | 3 |\\n| precision\\u2002 | fp32 |\\n| momentum\\u2002 | 0 |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (15, 2, 'dashboard:5:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (16, 2, 'dashboard:5:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.8704** in epoch 3, accuracy 0.8750\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00242726 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.107573 |\\n\\n- workstation, cpu; attempt 1\\n- 87 images/s, 1.1 s in all\\n\\n![confusion](/artifacts/2/5/1a4c4336-2dca-5f4b-bfbd-7508f237b989) ![learning-curve](/artifacts/2/5/f0dab327-5e5f-53cb-af43-75db553b6459)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| b\\u2002 | 0.769\\u2002 | 8\\u2002 | c &#40;3&#41; |\\n| c\\u2002 | 0.842\\u2002 | 8\\u2002 |  |\\n| a\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (17, 2, 'dashboard:6:note_ver', 1);
INSERT INTO public.study_system_attributes (study_system_attribute_id, study_id, key, value_json) VALUES (18, 2, 'dashboard:6:note_str:0', E'"**complete** after 3 epochs: best macro-F1 **0.8704** in epoch 3, accuracy 0.8750\\n\\n| parameter\\u2002 | value |\\n|---|---|\\n| lr\\u2002 | 0.00269294 |\\n| optimizer\\u2002 | adamw |\\n| cutmix&#95;prob\\u2002 | 0.271005 |\\n\\n- workstation, cpu; attempt 1\\n- 132 images/s, 0.7 s in all\\n\\n![confusion](/artifacts/2/6/0e613d17-db9f-5a2b-8bf3-5fff56b64df3) ![learning-curve](/artifacts/2/6/9f2d7c9b-8220-5f37-9467-ba4c4ef99f03)\\n\\nClasses in epoch 3, the worst first:\\n\\n| class\\u2002 | F1\\u2002 | images\\u2002 | most often taken for |\\n|---|---|---|---|\\n| b\\u2002 | 0.769\\u2002 | 8\\u2002 | c &#40;3&#41; |\\n| c\\u2002 | 0.842\\u2002 | 8\\u2002 |  |\\n| a\\u2002 | 1.000\\u2002 | 8\\u2002 |  |"');
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 18, true);
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (1, 1, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 36, "validation_count": 12, "split": "90bc4f0825f0803c", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (2, 1, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (3, 1, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (4, 1, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (5, 1, 'identity', E'{"study.name": "tiny", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.003, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet_ln", "fixed.weights.test_efficientnet_ln": "none", "fixed.image_size": 32, "fixed.batch_size": 8, "fixed.epochs": 3, "fixed.precision": "fp32", "fixed.momentum": 0.0, "sampler.kind": "tpe", "sampler.startup_trials": 2, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 2, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (6, 1, 'spec', E'{"study": {"name": "tiny", "trials": 4, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.003, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet_ln", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 3, "precision": "fp32", "momentum": 0.0}, "sampler": {"kind": "tpe", "startup_trials": 2}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 2, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": null}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (7, 2, 'data', '{"images": 48, "groups_count": 8, "classes": 3, "skipped": 0, "paths": "99c92d7119c908f7", "labels": "346fd4578eebf76c", "groups": "a137702ec851917b", "train_count": 24, "validation_count": 24, "split": "67643b96330c3769", "content": "9c3f5257129b1669"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (8, 2, 'packages', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (9, 2, 'classes', '["a", "b", "c"]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (10, 2, 'bad_images', '[]');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (11, 2, 'identity', E'{"study.name": "tiny/confirm", "study.seed": 11, "study.debug": false, "space.lr.low": 0.0003, "space.lr.high": 0.003, "space.lr.log": true, "space.lr.step": null, "space.lr.when": {}, "space.optimizer.choices": ["adamw", "sgd"], "space.optimizer.when": {}, "space.cutmix_prob.low": 0.0, "space.cutmix_prob.high": 0.5, "space.cutmix_prob.log": false, "space.cutmix_prob.step": null, "space.cutmix_prob.when": {}, "fixed.backbone": "test_efficientnet_ln", "fixed.weights.test_efficientnet_ln": "none", "fixed.image_size": 32, "fixed.batch_size": 8, "fixed.epochs": 3, "fixed.precision": "fp32", "fixed.momentum": 0.0, "sampler.kind": "random", "sampler.startup_trials": 10, "pruner.kind": "none", "pruner.min_epochs": 1, "pruner.reduction_factor": 3, "pruner.startup_trials": 5, "start": [], "ablation": null, "data.layout": "folders", "data.table": null, "data.group_column": null, "data.group_regex": ".*/(p\\\\d+)_", "data.columns.path": null, "data.columns.label": "label", "data.columns.group": "group", "data.columns.split": null, "data.corrections": null, "data.boxes": null, "data.factors": null, "data.label_separator": null, "data.factor": null, "data.validation": 0.25, "data.folds": null, "data.pixels": "exact"}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (12, 2, 'spec', E'{"study": {"name": "tiny/confirm", "trials": 4, "timeout": null, "max_failures": 20, "seed": 11, "debug": false}, "data": {"layout": "folders", "root": "/home/somebody/museum/images/colours", "table": null, "group_column": null, "group_regex": ".*/(p\\\\d+)_", "columns": {"path": null, "label": "label", "group": "group", "split": null}, "corrections": null, "boxes": null, "factors": null, "label_separator": null, "factor": null, "validation": 0.25, "folds": null, "on_bad_image": "stop", "pixels": "exact", "cache_limit": null, "extra": []}, "space": {"lr": {"low": 0.0003, "high": 0.003, "log": true, "step": null, "when": {}}, "optimizer": {"choices": ["adamw", "sgd"], "when": {}}, "cutmix_prob": {"low": 0.0, "high": 0.5, "log": false, "step": null, "when": {}}}, "fixed": {"backbone": "test_efficientnet_ln", "weights": "none", "image_size": 32, "batch_size": 8, "epochs": 3, "precision": "fp32", "momentum": 0.0}, "sampler": {"kind": "random", "startup_trials": 10}, "pruner": {"kind": "none", "min_epochs": 1, "reduction_factor": 3, "startup_trials": 5}, "start": [], "finalize": {"leaders": 5, "folds": 5, "licence": ""}, "ablation": null, "retraining": {"kind": "confirm", "study": "tiny", "key": "9e1c6d292ee64ad486fdc1fc84cef9c2", "leaders": [{"trial": 1, "params": {"lr": 0.002427256912024874, "optimizer": "adamw", "cutmix_prob": 0.10757278865444031}, "claimed": 1.0, "outlook": 1.0}, {"trial": 2, "params": {"lr": 0.0026929397011464097, "optimizer": "adamw", "cutmix_prob": 0.27100535961030003}, "claimed": 1.0, "outlook": 1.0}], "folds": 2, "finals": []}}');
INSERT INTO public.study_user_attributes (study_user_attribute_id, study_id, key, value_json) VALUES (13, 2, 'resume_points_marked', 'true');
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 13, true);
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (1, '9e1c6d292ee64ad486fdc1fc84cef9c2', 4, NULL, 20, 1, '2026-11-28 20:36:01.034764+00');
INSERT INTO public.studyhall_budget (study_id, key, trials, timeout, max_failures, workers, created_at) VALUES (2, '9d149d1c40c44cd6871185cb5e568f13', 4, NULL, 20, 1, '2026-11-28 20:36:57.074804+00');
SELECT pg_catalog.setval('public.studyhall_budget_study_id_seq', 1, false);
INSERT INTO public.studyhall_lease (token, study_id, trial_id, attempt, deaths, reported, handed_back, trouble, worker, device, packages, renewed_at, expires_at) VALUES ('1e647b72a3464c12b0b13df442b717db', 2, 7, 1, 0, 0, 'true', '', 'workstation:32750', 'cpu', '{"studyhall": "0.1.0", "torch": "2.14.1", "timm": "1.0.31", "albumentations": "2.0.8", "opencv-python-headless": "5.0.0.93", "numpy": "2.4.6", "optuna": "5.0.0"}', '2026-11-28 20:37:03.313591+00', '-infinity');
INSERT INTO public.studyhall_schema (version) VALUES (2);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (1, 1, 1, '0.8333333333333334', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (2, 1, 2, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (3, 1, 3, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (4, 2, 1, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (5, 2, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (6, 2, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (7, 3, 1, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (8, 3, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (9, 3, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (10, 4, 1, '0.8333333333333334', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (11, 4, 2, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (12, 4, 3, 1, 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (13, 5, 1, '0.19753086419753085', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (14, 5, 2, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (15, 5, 3, '0.8704453441295547', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (16, 6, 1, '0.1839080459770115', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (17, 6, 2, '0.5555555555555555', 'FINITE');
INSERT INTO public.trial_intermediate_values (trial_intermediate_value_id, trial_id, step, intermediate_value, intermediate_value_type) VALUES (18, 6, 3, '0.8704453441295547', 'FINITE');
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 18, true);
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (1, 1, 'lr', '0.0010313797728198552', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (2, 1, 'optimizer', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (3, 1, 'cutmix_prob', '0.049697961654545486', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (4, 2, 'lr', '0.002427256912024874', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (5, 2, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (6, 2, 'cutmix_prob', '0.10757278865444031', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (7, 3, 'lr', '0.0026929397011464097', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (8, 3, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (9, 3, 'cutmix_prob', '0.27100535961030003', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (10, 4, 'lr', '0.00040873462879684386', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (11, 4, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (12, 4, 'cutmix_prob', '0.4513373348755989', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (13, 5, 'lr', '0.002427256912024874', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (14, 5, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (15, 5, 'cutmix_prob', '0.10757278865444031', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (16, 6, 'lr', '0.0026929397011464097', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (17, 6, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (18, 6, 'cutmix_prob', '0.27100535961030003', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (19, 7, 'lr', '0.002427256912024874', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (20, 7, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (21, 7, 'cutmix_prob', '0.10757278865444031', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (22, 8, 'lr', '0.0026929397011464097', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0003, "high": 0.003, "log": true}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (23, 8, 'optimizer', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw", "sgd"]}}');
INSERT INTO public.trial_params (param_id, trial_id, param_name, param_value, distribution_json) VALUES (24, 8, 'cutmix_prob', '0.27100535961030003', '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.5, "log": false}}');
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 24, true);
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 0, 1], [2, 2, 3]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'artifacts:b9afa55e-15ed-5e54-b31e-17443200ad04', E'"{\\"artifact_id\\": \\"b9afa55e-15ed-5e54-b31e-17443200ad04\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'artifacts:fed440e8-1083-50c8-af0c-7235bc444e8f', E'"{\\"artifact_id\\": \\"fed440e8-1083-50c8-af0c-7235bc444e8f\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (4, 2, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (5, 2, 'artifacts:de0ea39e-f1e3-5fb1-80f3-50cab82d89c9', E'"{\\"artifact_id\\": \\"de0ea39e-f1e3-5fb1-80f3-50cab82d89c9\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (6, 2, 'artifacts:e6e1e390-af8c-59e7-b37e-53408a0fddb1', E'"{\\"artifact_id\\": \\"e6e1e390-af8c-59e7-b37e-53408a0fddb1\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (7, 3, 'tpe:relative_params:0', E'"{\\"cutmix_prob\\": 0.27100535961030003, \\"lr\\": 0.0026929397011464097, \\"optimizer\\": \\"adamw\\"}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (8, 3, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (9, 3, 'artifacts:60295f05-ca02-5bdc-9972-60cad34dc388', E'"{\\"artifact_id\\": \\"60295f05-ca02-5bdc-9972-60cad34dc388\\", \\"filename\\": \\"trial-00002-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (10, 3, 'artifacts:23d58f60-939a-51c6-8dbc-d38ebdabbe92', E'"{\\"artifact_id\\": \\"23d58f60-939a-51c6-8dbc-d38ebdabbe92\\", \\"filename\\": \\"trial-00002-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (11, 4, 'tpe:relative_params:0', E'"{\\"cutmix_prob\\": 0.4513373348755989, \\"lr\\": 0.00040873462879684386, \\"optimizer\\": \\"adamw\\"}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (12, 4, 'studyhall:confusion', '[[0, 0, 4], [1, 1, 4], [2, 2, 4]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (13, 4, 'artifacts:70c19101-a27a-5b87-aa4e-6bb44862c20d', E'"{\\"artifact_id\\": \\"70c19101-a27a-5b87-aa4e-6bb44862c20d\\", \\"filename\\": \\"trial-00003-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (14, 4, 'artifacts:cd941613-f9c5-564a-a7b2-f4ce7b5db81a', E'"{\\"artifact_id\\": \\"cd941613-f9c5-564a-a7b2-f4ce7b5db81a\\", \\"filename\\": \\"trial-00003-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (15, 5, 'studyhall:order', '{"trial": 1, "fold": 1, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (16, 6, 'studyhall:order', '{"trial": 2, "fold": 1, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (17, 7, 'studyhall:order', '{"trial": 1, "fold": 2, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (18, 8, 'studyhall:order', '{"trial": 2, "fold": 2, "member": 0, "epochs": 0}');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (19, 5, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 5], [1, 2, 3], [2, 2, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (20, 5, 'artifacts:1a4c4336-2dca-5f4b-bfbd-7508f237b989', E'"{\\"artifact_id\\": \\"1a4c4336-2dca-5f4b-bfbd-7508f237b989\\", \\"filename\\": \\"trial-00000-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (21, 5, 'artifacts:f0dab327-5e5f-53cb-af43-75db553b6459', E'"{\\"artifact_id\\": \\"f0dab327-5e5f-53cb-af43-75db553b6459\\", \\"filename\\": \\"trial-00000-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (22, 6, 'studyhall:confusion', '[[0, 0, 8], [1, 1, 5], [1, 2, 3], [2, 2, 8]]');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (23, 6, 'artifacts:0e613d17-db9f-5a2b-8bf3-5fff56b64df3', E'"{\\"artifact_id\\": \\"0e613d17-db9f-5a2b-8bf3-5fff56b64df3\\", \\"filename\\": \\"trial-00001-confusion.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
INSERT INTO public.trial_system_attributes (trial_system_attribute_id, trial_id, key, value_json) VALUES (24, 6, 'artifacts:9f2d7c9b-8220-5f37-9467-ba4c4ef99f03', E'"{\\"artifact_id\\": \\"9f2d7c9b-8220-5f37-9467-ba4c4ef99f03\\", \\"filename\\": \\"trial-00001-learning-curve.png\\", \\"mimetype\\": \\"image/png\\", \\"encoding\\": null}"');
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 24, true);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (1, 1, 'seconds', '1.259');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (2, 1, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (3, 1, 'best_f1', '0.9153439153439153');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (4, 1, 'accuracy', '0.9166666666666666');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (5, 1, 'per_class_f1', '{"a": 0.8888888888888888, "b": 1.0, "c": 0.8571428571428571}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (6, 1, 'images_per_second', '115.4');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (7, 1, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (8, 1, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (9, 1, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (10, 2, 'seconds', '0.657');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (11, 2, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (12, 2, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (13, 2, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (14, 2, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (15, 2, 'images_per_second', '201.1');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (16, 2, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (17, 2, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (18, 2, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (19, 3, 'seconds', '0.473');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (20, 3, 'best_epoch', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (21, 3, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (22, 3, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (23, 3, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (24, 3, 'images_per_second', '265.1');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (25, 3, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (26, 3, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (27, 3, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (28, 4, 'seconds', '0.855');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (29, 4, 'best_epoch', 2);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (30, 4, 'best_f1', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (31, 4, 'accuracy', '1.0');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (32, 4, 'per_class_f1', '{"a": 1.0, "b": 1.0, "c": 1.0}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (33, 4, 'images_per_second', '146.6');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (34, 4, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (35, 4, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (36, 4, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (37, 5, 'order', '"trial 1, fold 1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (38, 6, 'order', '"trial 2, fold 1"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (39, 7, 'order', '"trial 1, fold 2"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (40, 8, 'order', '"trial 2, fold 2"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (41, 5, 'seconds', '1.117');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (42, 5, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (43, 5, 'best_f1', '0.8704453441295547');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (44, 5, 'accuracy', '0.875');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (45, 5, 'per_class_f1', '{"a": 1.0, "b": 0.7692307692307693, "c": 0.8421052631578947}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (46, 5, 'images_per_second', '86.8');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (47, 5, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (48, 5, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (49, 5, 'attempt', 1);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (50, 6, 'seconds', '0.695');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (51, 6, 'best_epoch', 3);
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (52, 6, 'best_f1', '0.8704453441295547');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (53, 6, 'accuracy', '0.875');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (54, 6, 'per_class_f1', '{"a": 1.0, "b": 0.7692307692307693, "c": 0.8421052631578947}');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (55, 6, 'images_per_second', '132.1');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (56, 6, 'host', '"workstation"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (57, 6, 'device', '"cpu"');
INSERT INTO public.trial_user_attributes (trial_user_attribute_id, trial_id, key, value_json) VALUES (58, 6, 'attempt', 1);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 58, true);
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (1, 1, 0, '0.9153439153439153', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (2, 2, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (3, 3, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (4, 4, 0, 1, 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (5, 5, 0, '0.8704453441295547', 'FINITE');
INSERT INTO public.trial_values (trial_value_id, trial_id, objective, value, value_type) VALUES (6, 6, 0, '0.8704453441295547', 'FINITE');
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 6, true);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (1, 0, 1, 'COMPLETE', '2026-11-28 20:36:02.247382', '2026-11-28 20:36:04.764008');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (2, 1, 1, 'COMPLETE', '2026-11-28 20:36:04.833235', '2026-11-28 20:36:06.236153');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (3, 2, 1, 'COMPLETE', '2026-11-28 20:36:06.283084', '2026-11-28 20:36:07.611222');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (4, 3, 1, 'COMPLETE', '2026-11-28 20:36:07.67362', '2026-11-28 20:36:09.526952');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (5, 0, 2, 'COMPLETE', '2026-11-28 20:36:58.754061', '2026-11-28 20:37:01.189666');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (6, 1, 2, 'COMPLETE', '2026-11-28 20:37:01.355187', '2026-11-28 20:37:03.159516');
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (7, 2, 2, 'RUNNING', '2026-11-28 20:37:03.31235', NULL);
INSERT INTO public.trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (8, 3, 2, 'WAITING', NULL, NULL);
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
