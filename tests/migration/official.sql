BEGIN TRANSACTION;
CREATE TABLE job_definitions (
	job_definition_id VARCHAR(36) NOT NULL, 
	schedule VARCHAR(256), 
	timezone VARCHAR(36), 
	url VARCHAR(256), 
	create_time INTEGER, 
	active BOOLEAN, 
	runtime_environment_name VARCHAR(256) NOT NULL, 
	runtime_environment_parameters VARCHAR(1024), 
	compute_type VARCHAR(256), 
	input_filename VARCHAR(256) NOT NULL, 
	output_formats VARCHAR(512), 
	name VARCHAR(256), 
	tags VARCHAR(1024), 
	parameters VARCHAR(1024), 
	email_notifications VARCHAR(1024), 
	timeout_seconds INTEGER, 
	retry_on_timeout BOOLEAN, 
	max_retries INTEGER, 
	min_retry_interval_millis INTEGER, 
	output_filename_template VARCHAR(256), 
	update_time INTEGER, 
	package_input_folder BOOLEAN, 
	packaged_files VARCHAR, 
	PRIMARY KEY (job_definition_id)
);
INSERT INTO "job_definitions" VALUES('00e7376e-3250-486c-b99b-ed56235458c9','30 2 * * *','Europe/Berlin','/job_definitions/00e7376e-3250-486c-b99b-ed56235458c9',1795520294834,1,'jupyterlab-env',NULL,NULL,'nightly.ipynb','["ipynb", "html"]','Nightly report','["finance", "daily"]','{"region": "eu", "n": "3"}',NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520294834,NULL,'[]');
INSERT INTO "job_definitions" VALUES('ba99c0dd-b28d-42c4-90e6-247ed2bc7f3f','0 9 * * 1-5','America/New_York','/job_definitions/ba99c0dd-b28d-42c4-90e6-247ed2bc7f3f',1795520294871,0,'jupyterlab-env',NULL,NULL,'sales.ipynb','["pdf"]','Paused',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520294923,NULL,'[]');
INSERT INTO "job_definitions" VALUES('2e1580f4-bb30-48a0-a831-e4a36a245f30','0 0 */2 * MON',NULL,'/job_definitions/2e1580f4-bb30-48a0-a831-e4a36a245f30',1795520294944,1,'jupyterlab-env',NULL,NULL,'sales.ipynb','["ipynb", "html"]','Without a zone',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520294944,NULL,'[]');
INSERT INTO "job_definitions" VALUES('c263aab7-9e46-4fda-b1be-f70e01b58e96','0 0 * * * 30','UTC','/job_definitions/c263aab7-9e46-4fda-b1be-f70e01b58e96',1795520294961,1,'jupyterlab-env',NULL,NULL,'sales.ipynb','["ipynb", "html"]','With seconds',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520294961,NULL,'[]');
INSERT INTO "job_definitions" VALUES('e28d71c7-4749-4451-b449-860d0e0c6604',NULL,NULL,'/job_definitions/e28d71c7-4749-4451-b449-860d0e0c6604',1795520294982,1,'jupyterlab-env',NULL,NULL,'gone.ipynb','["ipynb", "html"]','On demand',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520294995,1,'["sales.ipynb", "nightly.ipynb"]');
CREATE TABLE jobs (
	job_id VARCHAR(36) NOT NULL, 
	job_definition_id VARCHAR(36), 
	status VARCHAR(64), 
	status_message VARCHAR(1024), 
	start_time INTEGER, 
	end_time INTEGER, 
	url VARCHAR(256), 
	pid INTEGER, 
	idempotency_token VARCHAR(256), 
	runtime_environment_name VARCHAR(256) NOT NULL, 
	runtime_environment_parameters VARCHAR(1024), 
	compute_type VARCHAR(256), 
	input_filename VARCHAR(256) NOT NULL, 
	output_formats VARCHAR(512), 
	name VARCHAR(256), 
	tags VARCHAR(1024), 
	parameters VARCHAR(1024), 
	email_notifications VARCHAR(1024), 
	timeout_seconds INTEGER, 
	retry_on_timeout BOOLEAN, 
	max_retries INTEGER, 
	min_retry_interval_millis INTEGER, 
	output_filename_template VARCHAR(256), 
	update_time INTEGER, 
	create_time INTEGER, 
	package_input_folder BOOLEAN, 
	packaged_files VARCHAR, 
	PRIMARY KEY (job_id)
);
INSERT INTO "jobs" VALUES('c9ea95a1-6675-4e6c-8836-10b38d098807','00e7376e-3250-486c-b99b-ed56235458c9','COMPLETED',NULL,1795520320291,1795520328732,'/jobs/c9ea95a1-6675-4e6c-8836-10b38d098807',18495,NULL,'jupyterlab-env',NULL,NULL,'nightly.ipynb','["ipynb", "html"]','Nightly report',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520328733,1795520295075,NULL,'["nightly.ipynb"]');
INSERT INTO "jobs" VALUES('61afce65-451b-4bf8-a5c6-5c7b1d471990',NULL,'COMPLETED',NULL,1795520317434,1795520323443,'/jobs/61afce65-451b-4bf8-a5c6-5c7b1d471990',18496,NULL,'jupyterlab-env',NULL,NULL,'sales.ipynb','["ipynb", "html"]','Once',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520323445,1795520295128,NULL,'["sales.ipynb"]');
INSERT INTO "jobs" VALUES('5cdc12d1-0f23-4f8a-b8ed-04271dda8397',NULL,'COMPLETED',NULL,1795520320317,1795520328258,'/jobs/5cdc12d1-0f23-4f8a-b8ed-04271dda8397',18497,NULL,'jupyterlab-env',NULL,NULL,'sales.ipynb','["ipynb", "html"]','Once',NULL,NULL,NULL,600,0,0,0,'{{input_filename}}-{{create_time}}',1795520328260,1795520295156,NULL,'["sales.ipynb"]');
COMMIT;
